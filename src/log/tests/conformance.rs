//! Both logs under the one suite.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;

use log::conformance::{Subject, check};
use log::{EventLog, MemoryLog, SledLog};
use tempfile::TempDir;

struct OnDisk {
    base: TempDir,
    count: usize,
}

impl OnDisk {
    fn folder(&self) -> PathBuf {
        self.base.path().join(self.count.to_string())
    }
}

impl Subject for OnDisk {
    fn create(&mut self) -> Arc<dyn EventLog> {
        self.count += 1;
        self.reopen()
    }

    fn reopen(&mut self) -> Arc<dyn EventLog> {
        let log = SledLog::open(&self.folder()).unwrap();
        assert_eq!(log.healed(), []);
        Arc::new(log)
    }
}

#[derive(Default)]
struct InMemory {
    log: Arc<MemoryLog>,
}

impl Subject for InMemory {
    fn create(&mut self) -> Arc<dyn EventLog> {
        self.log = Arc::default();
        self.reopen()
    }

    fn reopen(&mut self) -> Arc<dyn EventLog> {
        Arc::clone(&self.log) as Arc<dyn EventLog>
    }
}

#[test]
fn the_log_on_disk() {
    check(&mut OnDisk { base: tempfile::tempdir().unwrap(), count: 0 });
}

#[test]
fn the_log_in_memory() {
    check(&mut InMemory::default());
}
