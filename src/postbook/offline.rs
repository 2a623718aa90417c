//! A stopped data folder, for reading.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use engine::Views;
use log::{EventLog, SledLog};
use projections::{Archive, DiskShelf, Hot};

use crate::data::Data;

/// The log and the views of a data folder on which no server works.
pub(crate) struct Offline {
    log: SledLog,
    data: Data,
}

impl Offline {
    /// Opens the log; a folder that a server works on is refused.
    pub(crate) fn open(data: &Data) -> Result<Self> {
        ensure!(
            data.log().exists(),
            "there is no Postbook data in {}; give --data FOLDER or --config FILE",
            data.folder().display()
        );
        let log = SledLog::open(&data.log()).context("the log cannot be opened")?;
        Ok(Self { log, data: data.clone() })
    }

    /// The log.
    pub(crate) fn log(&self) -> &dyn EventLog {
        &self.log
    }

    /// Replays the log and asks the views.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Views<'_>, &dyn EventLog) -> T,
    ) -> Result<T> {
        let shelf = Arc::new(DiskShelf::open(&self.data.views())?);
        let snapshots = Some(self.data.snapshots());
        let (hot, archive): (Hot, Archive) =
            engine::replay_for_reading(&self.log, shelf, snapshots)?;
        Ok(question(&Views { hot: &hot, archive: &archive }, &self.log))
    }
}
