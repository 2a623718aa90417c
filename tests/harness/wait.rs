//! Waiting for something that another process does.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long anything may take before a journey gives up; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(5);

/// Asks `probe` again and again until it gives `Some`; fails, naming `what`, after half a minute
/// or when `probe` fails.
pub fn until<T>(what: &str, probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    within(PATIENCE, what, probe)
}

/// As [`until`], with `patience` in place of half a minute.
pub fn within<T>(
    patience: Duration,
    what: &str,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + patience;
    loop {
        if let Some(found) = probe().with_context(|| format!("while waiting until {what}"))? {
            return Ok(found);
        }
        if Instant::now() >= end {
            bail!("waited {} s in vain until {what}", patience.as_secs_f32());
        }
        sleep(STEP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_success_failure_or_patience() {
        let mut asked = 0;
        let counted = until("three", || {
            asked += 1;
            Ok((asked == 3).then_some(asked))
        });
        assert_eq!(counted.unwrap(), 3);
        let failed = until::<()>("failure", || bail!("no"));
        assert!(format!("{:#}", failed.unwrap_err()).contains("until failure: no"));
        let late = within::<()>(Duration::ZERO, "never", || Ok(None));
        assert!(late.unwrap_err().to_string().contains("never"));
    }
}
