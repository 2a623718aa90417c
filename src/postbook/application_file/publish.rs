//! An application's file becomes the newest version on the running server.

use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::ApplicationName;
use http::answer::Published;
use http::{PublishRequest, SentFileRequest};

use crate::arguments::Common;
use crate::client::{Client, escape};
use crate::{print, question, sent_files};

/// `postbook application publish`.
pub(super) fn run(common: &Common, name: &ApplicationName, file: &Path) -> Result<()> {
    let client = Client::require(&question::data(common)?)?;
    let text = super::read(file)?;
    let files = sent_files::read(&text, file)?;
    super::limit("files", files.iter().map(|file| file.content.len()).sum())?;
    let files = files.into_iter().map(|file| SentFileRequest {
        name: file.name,
        media_type: file.media_type.to_owned(),
        content: STANDARD.encode(file.content),
    });
    let request = PublishRequest { text, files: files.collect() };
    let path = format!("/v1/applications/{}", escape(name.as_str()));
    let published: Published = client
        .post(&path, &request)
        .map_err(|error| super::explained(error, &file.display().to_string()))
        .context("nothing was published")?;
    print::show(common, &published, |published: &Published| {
        let Published { name, version, unchanged } = published;
        if *unchanged {
            format!("unchanged: it is version {version} of {name} already")
        } else {
            format!("published: version {version} of {name}")
        }
    })
}
