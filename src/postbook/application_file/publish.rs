//! An application's file becomes the newest version on the running server.

use std::path::Path;

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::ApplicationName;
use http::answer::Published;
use http::{PublishRequest, SentFileRequest};

use crate::arguments::Common;
use crate::client::{Client, Refused, escape};
use crate::{print, question, sent_files};

/// `postbook application publish`.
pub(super) fn run(common: &Common, name: &ApplicationName, file: &Path) -> Result<()> {
    let client = Client::require(&question::data(common)?)?;
    let text = super::read(file)?;
    let files = sent_files::read(&text, file)?.into_iter();
    let files = files.map(|file| SentFileRequest {
        name: file.name,
        media_type: file.media_type.to_owned(),
        content: STANDARD.encode(file.content),
    });
    let request = PublishRequest { text, files: files.collect() };
    let path = format!("/v1/applications/{}", escape(name.as_str()));
    match client.post::<Published>(&path, &request) {
        Ok(published) => print::show(common, &published, |published: &Published| {
            let Published { name, version, unchanged } = published;
            if *unchanged {
                format!("unchanged: it is version {version} of {name} already")
            } else {
                format!("published: version {version} of {name}")
            }
        }),
        Err(error) => match error.downcast_ref::<Refused>() {
            Some(Refused(failure)) if !failure.problems.is_empty() => {
                let problems = print::problems(&file.display().to_string(), &failure.problems);
                bail!(
                    "nothing was published; this is wrong with the file:\n{}",
                    problems.trim_end()
                )
            }
            Some(_) | None => Err(error),
        },
    }
}
