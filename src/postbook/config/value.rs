//! Values that are read from strings.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use event::{SpecialDay, WeeklyHours};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use toml::Spanned;

/// A value that is read from a string and checked on the way.
#[derive(Clone, Debug)]
pub(crate) struct Checked<T>(pub(crate) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Checked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parse<T>(PhantomData<T>);
        impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parse<T> {
            type Value = Checked<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Checked<T>, E> {
                text.parse().map(Checked).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Parse(PhantomData))
    }
}

impl<T: fmt::Display> Serialize for Checked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A duration in milliseconds: `15 min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) u64);

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        application::duration::parse(text).map(Self)
    }
}

/// Hours of every week: `Mon-Fri 09:00-17:30`.
#[derive(Clone, Debug)]
pub(crate) struct Week(pub(crate) Vec<WeeklyHours>);

impl FromStr for Week {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        application::weekly_hours(text).map(Self)
    }
}

/// A day that is not as the week says: `2026-12-25 Christmas`.
#[derive(Clone, Debug)]
pub(crate) struct Day(pub(crate) SpecialDay);

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        application::special_day(text).map(Self)
    }
}

/// A host that applications may call, in small letters: `crm.example.com`, `crm.example.com:8443`.
#[derive(Clone, Debug)]
pub(crate) struct Host(pub(crate) String);

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let host = text.to_ascii_lowercase();
        if application::webhook_hosts(std::slice::from_ref(&host)).is_empty() {
            return Err(format!(
                "`{text}` is no host; give a name such as `crm.example.com`, without `https://`, and with a port only where that is not the usual one"
            ));
        }
        Ok(Self(host))
    }
}

/// What a value says, without its place.
pub(crate) fn bare<T>(value: &Spanned<Checked<T>>) -> &T {
    &value.get_ref().0
}
