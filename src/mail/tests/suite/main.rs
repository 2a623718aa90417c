//! The mail package on whole mails: written fixtures, hostile input, and real corpora.

#[cfg(test)]
mod bounces;
#[cfg(test)]
mod corpora;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod large;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod redaction;
#[cfg(test)]
mod seals;
#[cfg(test)]
mod withheld;
