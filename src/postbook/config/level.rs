//! A queue or a skill of an agent, with how well: `"sales"`, or `{ queue = "sales", level = 8 }`.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use event::{LEVEL_DEFAULT, LEVEL_MAX, QueueName, SkillName};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::Checked;

/// What an agent serves or can do, and how well.
#[derive(Clone, Debug)]
pub(crate) struct Levelled<T> {
    /// What.
    pub(crate) name: T,
    /// From 1 to 10; 10 is best.
    pub(crate) level: u8,
}

/// A name that has a level.
pub(crate) trait HasLevel: FromStr<Err: Display> {
    /// The keys of the table: that of the name, and `level`.
    const KEYS: &'static [&'static str; 2];
}

impl HasLevel for QueueName {
    const KEYS: &'static [&'static str; 2] = &["queue", "level"];
}

impl HasLevel for SkillName {
    const KEYS: &'static [&'static str; 2] = &["skill", "level"];
}

impl<'de, T: HasLevel> Deserialize<'de> for Levelled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parse(PhantomData))
    }
}

struct Parse<T>(PhantomData<T>);

impl<'de, T: HasLevel> Visitor<'de> for Parse<T> {
    type Value = Levelled<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [key, _] = T::KEYS;
        write!(f, "a name, or {{ {key} = \"...\", level = 8 }}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let name = text.parse().map_err(E::custom)?;
        Ok(Levelled { name, level: LEVEL_DEFAULT })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let [name_key, level_key] = T::KEYS;
        let (mut name, mut level) = (None, Level(LEVEL_DEFAULT));
        while let Some(key) = map.next_key::<String>()? {
            if key == *name_key {
                name = Some(map.next_value::<Checked<T>>()?.0);
            } else if key == *level_key {
                level = map.next_value()?;
            } else {
                return Err(de::Error::unknown_field(&key, T::KEYS));
            }
        }
        let name = name.ok_or_else(|| de::Error::missing_field(name_key))?;
        Ok(Levelled { name, level: level.0 })
    }
}

struct Level(u8);

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let level = i64::deserialize(deserializer)?;
        let allowed = u8::try_from(level).ok().filter(|level| (1..=LEVEL_MAX).contains(level));
        allowed.map(Self).ok_or_else(|| {
            de::Error::custom(format!("{level} is no level; allowed: 1 to {LEVEL_MAX}"))
        })
    }
}
