//! Placement strategies.

use std::fmt;

use berth_model::{ContainerInstance, Name};

/// What makes one place better than another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// Chance.
    Random,
    /// Where the fewest tasks of the group are.
    Spread(Field),
    /// Where the least CPU units are left.
    BinpackCpu,
    /// Where the least memory is left.
    BinpackMemory,
}

/// What tasks are spread over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Instances.
    Instance,
    /// The values of an attribute. Instances without it share a value of their own.
    Attribute(Name),
}

/// A strategy that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrategyError {
    /// No strategy has that name.
    #[error("there is no placement strategy {0:?}; there are random, spread and binpack")]
    Kind(Box<str>),
    /// It cannot be used with that field.
    #[error("the placement strategy {kind} has no field {field:?}; it takes {takes}")]
    Field {
        /// The strategy.
        kind: &'static str,
        /// The field given.
        field: Box<str>,
        /// The fields it has.
        takes: &'static str,
    },
}

impl Strategy {
    /// The strategy of AWS's name for it, with its field.
    ///
    /// # Errors
    /// There is no such strategy, or it has no such field.
    pub fn of(kind: &str, field: Option<&str>) -> Result<Self, StrategyError> {
        let field = field.unwrap_or_default();
        let refuse = |kind, takes| Err(StrategyError::Field { kind, field: field.into(), takes });
        match kind {
            "random" => Ok(Self::Random),
            "binpack" if field.eq_ignore_ascii_case("cpu") => Ok(Self::BinpackCpu),
            "binpack" if field.eq_ignore_ascii_case("memory") => Ok(Self::BinpackMemory),
            "binpack" => refuse("binpack", "cpu or memory"),
            "spread" => match (field, field.strip_prefix("attribute:")) {
                ("instanceId" | "host", _) => Ok(Self::Spread(Field::Instance)),
                (_, Some(name)) if !name.is_empty() => Ok(Self::Spread(Field::Attribute(name.into()))),
                _ => refuse("spread", "instanceId, host or attribute:NAME"),
            },
            _ => Err(StrategyError::Kind(kind.into())),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random => f.write_str("random"),
            Self::Spread(Field::Instance) => f.write_str("spread(instanceId)"),
            Self::Spread(Field::Attribute(name)) => write!(f, "spread(attribute:{name})"),
            Self::BinpackCpu => f.write_str("binpack(cpu)"),
            Self::BinpackMemory => f.write_str("binpack(memory)"),
        }
    }
}

impl Field {
    /// The instance's value of an attribute to spread over; none if it has none, or if instances are spread over.
    pub(super) fn value<'a>(&self, instance: &'a ContainerInstance) -> Option<&'a str> {
        match self {
            Self::Instance => None,
            Self::Attribute(name) => {
                let attribute = instance.attributes.iter().find(|attribute| attribute.name == *name)?;
                Some(attribute.value.as_deref().unwrap_or_default())
            }
        }
    }
}
