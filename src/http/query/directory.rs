//! Questions about the directory and the settings, as they are or once were.

use std::collections::BTreeSet;
use std::str::FromStr;

use engine::Views;
use event::{Fact, Position, Private, Recorded, Timestamp};
use log::EventLog;

use super::{QueryError, person};
use crate::answer::{DirectoryCompared, DirectoryShown, Load, instant, moment};
use crate::picture::Picture;

/// A time in the life of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// After this event.
    Position(Position),
    /// Then.
    Time(Timestamp),
}

impl FromStr for AsOf {
    type Err = String;

    /// A position, or a time in RFC 3339.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(position) => Ok(Self::Position(Position(position))),
            Err(_) => moment(text).map(Self::Time),
        }
    }
}

/// The last event at a time; the last of all where no time is named. Position 0 is before the first.
pub fn position(log: &dyn EventLog, as_of: Option<AsOf>) -> Result<Position, QueryError> {
    let head = log.head();
    match as_of {
        None => Ok(head),
        Some(AsOf::Position(position)) if position > head => {
            Err(QueryError::Unknown(format!("the log has {head} events, and none at {position}")))
        }
        Some(AsOf::Position(position)) => Ok(position),
        Some(AsOf::Time(time)) => last_until(log, time),
    }
}

/// The last event that was not recorded after a time: times never run backwards in a log.
fn last_until(log: &dyn EventLog, time: Timestamp) -> Result<Position, QueryError> {
    let (mut low, mut high) = (0, log.head().0);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let is_until = log.read(Position(middle), 1)?.pop().is_some_and(|it| it.event.time <= time);
        if is_until {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(Position(low))
}

/// The events that loaded what was in force after an event.
#[derive(Clone, Copy, Debug)]
pub struct InForce {
    as_of: Position,
    directory: Option<Position>,
    settings: Option<Position>,
}

/// The events that loaded what was in force after an event.
pub fn in_force(views: &Views<'_>, as_of: Position) -> InForce {
    let directory = &views.hot.directory;
    InForce {
        as_of,
        directory: directory.directory_load(as_of),
        settings: directory.settings_load(as_of),
    }
}

/// The events that loaded anything after one and up to another.
pub fn loads(views: &Views<'_>, after: Position, until: Position) -> BTreeSet<Position> {
    views.hot.directory.loads(after, until)
}

/// The directory and the settings as they were.
pub fn directory(log: &dyn EventLog, in_force: InForce) -> Result<DirectoryShown, QueryError> {
    Ok(DirectoryShown {
        as_of: in_force.as_of.0,
        directory: find(log, in_force.directory)?.as_ref().map(load),
        settings: find(log, in_force.settings)?.as_ref().map(load),
        items: picture(log, in_force)?.items(),
    })
}

/// What is different between two times, and the loads that made it so.
pub fn compare(
    log: &dyn EventLog,
    from: InForce,
    to: InForce,
    loads: BTreeSet<Position>,
) -> Result<DirectoryCompared, QueryError> {
    let mut found = Vec::new();
    for position in loads {
        found.extend(find(log, Some(position))?.as_ref().map(load));
    }
    Ok(DirectoryCompared {
        from: from.as_of.0,
        to: to.as_of.0,
        loads: found,
        changes: picture(log, from)?.changes(&picture(log, to)?),
    })
}

fn find(log: &dyn EventLog, position: Option<Position>) -> Result<Option<Recorded>, QueryError> {
    let Some(position) = position else { return Ok(None) };
    Ok(log.read(position, 1)?.pop())
}

fn load(recorded: &Recorded) -> Load {
    Load {
        position: recorded.position.0,
        time: instant(recorded.event.time),
        by: person(&recorded.event.actor),
    }
}

fn picture(log: &dyn EventLog, in_force: InForce) -> Result<Picture, QueryError> {
    let mut picture = Picture::default();
    if let Some(Recorded { event, .. }) = find(log, in_force.directory)?
        && let Fact::DirectoryLoaded { entries } = &event.fact
    {
        let private = match &event.private {
            Some(Private::Directory(private)) => private.as_slice(),
            // Names and addresses were erased.
            _ => &[],
        };
        picture = picture.with(Picture::of_directory(entries, private));
    }
    if let Some(Recorded { event, .. }) = find(log, in_force.settings)?
        && let Fact::SettingsLoaded { settings } = &event.fact
    {
        picture = picture.with(Picture::of_settings(settings));
    }
    Ok(picture)
}
