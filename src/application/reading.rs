//! What is carried along while a file is read: where its lines are, what is wrong so far, and which
//! names it mentions.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use crate::surroundings::Mention;
use crate::{Problem, Severity};

/// A value of the file, and where it stands.
pub(crate) type Entry<'t> = Spanned<DeValue<'t>>;

/// Where something stands, in bytes from the beginning.
pub(crate) type Place = Range<usize>;

pub(crate) struct Reading {
    line_starts: Vec<usize>,
    /// What keeps the file from being run.
    pub(crate) refused: Vec<Problem>,
    /// What only keeps it from being published, and warnings.
    pub(crate) remarked: Vec<Problem>,
    /// The names of things that others must know, and their lines.
    pub(crate) mentions: Vec<(usize, Mention)>,
}

impl Reading {
    pub(crate) fn new(text: &str) -> Self {
        let line_starts = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Self { line_starts, refused: Vec::new(), remarked: Vec::new(), mentions: Vec::new() }
    }

    /// The line of a place, from 1.
    pub(crate) fn line(&self, at: &Place) -> usize {
        self.line_starts.partition_point(|&start| start <= at.start) + 1
    }

    /// Says what keeps the file from being run.
    pub(crate) fn refuse(&mut self, at: &Place, message: impl Into<String>, hint: Option<String>) {
        let line = self.line(at);
        let (severity, message) = (Severity::Error, message.into());
        self.refused.push(Problem { line, severity, message, hint });
    }

    /// Says what keeps the file from being published.
    pub(crate) fn remark(&mut self, at: &Place, message: impl Into<String>, hint: Option<String>) {
        let line = self.line(at);
        let (severity, message) = (Severity::Error, message.into());
        self.remarked.push(Problem { line, severity, message, hint });
    }

    /// Says what somebody should look at.
    pub(crate) fn warn(&mut self, at: &Place, message: impl Into<String>, hint: Option<String>) {
        let line = self.line(at);
        let (severity, message) = (Severity::Warning, message.into());
        self.remarked.push(Problem { line, severity, message, hint });
    }

    /// Remembers that the file names something.
    pub(crate) fn mention(&mut self, at: &Place, mention: Mention) {
        self.mentions.push((self.line(at), mention));
    }
}
