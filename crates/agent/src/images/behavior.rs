//! Whether a registry is asked.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// When images are pulled: ECS's `ECS_IMAGE_PULL_BEHAVIOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PullBehavior {
    /// The registry is asked whether the image is still the same; if it does not answer, the one that is here is used.
    #[default]
    Default,
    /// The registry is asked, and has to answer.
    Always,
    /// What was pulled once is used.
    Once,
    /// What is here is used, and never cleaned away.
    PreferCached,
}

/// Not one of the four.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of default, always, once and prefer-cached")]
pub struct BehaviorError(String);

/// What there is of an image on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    /// Nothing.
    Absent,
    /// It came as a file: somebody put it here under this name.
    Imported,
    /// It was pulled under this name.
    Pulled,
    /// The name says which image it is, whatever any registry says.
    Pinned,
}

impl PullBehavior {
    /// Whether to ask the registry.
    pub(super) const fn asks(self, local: Local) -> bool {
        match (self, local) {
            (_, Local::Absent) | (Self::Default, Local::Pulled) | (Self::Always, Local::Pulled | Local::Imported) => true,
            // What somebody put here is meant: a stranger who has the same name on a registry must not replace it.
            (Self::Default, Local::Imported) => false,
            (_, Local::Pinned) => false,
            (Self::Once | Self::PreferCached, Local::Imported | Local::Pulled) => false,
        }
    }

    /// Whether what is here will do if the registry does not give it.
    pub(super) const fn falls_back(self) -> bool {
        matches!(self, Self::Default)
    }

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Always => "always",
            Self::Once => "once",
            Self::PreferCached => "prefer-cached",
        }
    }
}

impl fmt::Display for PullBehavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PullBehavior {
    type Err = BehaviorError;

    fn from_str(text: &str) -> Result<Self, BehaviorError> {
        let all = [Self::Default, Self::Always, Self::Once, Self::PreferCached];
        all.into_iter().find(|one| one.name() == text).ok_or_else(|| BehaviorError(text.chars().take(80).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_asked_as_the_behavior_says() {
        use Local::{Absent, Imported, Pinned, Pulled};
        for (text, asked) in [
            ("default", vec![Absent, Pulled]),
            ("always", vec![Absent, Imported, Pulled]),
            ("once", vec![Absent]),
            ("prefer-cached", vec![Absent]),
        ] {
            let behavior: PullBehavior = text.parse().unwrap();
            let asks: Vec<Local> = [Absent, Imported, Pulled, Pinned].into_iter().filter(|local| behavior.asks(*local)).collect();
            assert_eq!((behavior.to_string().as_str(), asks), (text, asked));
        }
        assert!("sometimes".parse::<PullBehavior>().is_err());
    }
}
