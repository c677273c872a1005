//! What nodes say of themselves by attributes of Berth's own: the one place where agent and control plane agree on them.
//!
//! They are attributes like any other of `RegisterContainerInstance`. An agent that is not Berth's registers none of them.

use crate::{Attribute, Name};

/// The node makes task networks by itself: its value is the version of how. A payload carries the interface, and the first
/// report of the task says that it is there.
pub const AWSVPC: &str = "berth.awsvpc";
/// The version of [`AWSVPC`] that there is.
pub const AWSVPC_VERSION: &str = "1";
/// The node takes Fargate tasks, of any cluster of its region.
pub const FARGATE: &str = "berth.fargate";
/// The value of [`FARGATE`] of a node that takes no other tasks.
pub const FARGATE_ONLY: &str = "only";
/// The capacity provider whose group the node belongs to. Operators of other agents set it as a custom attribute.
pub const CAPACITY_PROVIDER: &str = "berth.capacity-provider";
/// The node pulls images before tasks come, if it is told which: its value is the version of how.
pub const PULL_AHEAD: &str = "berth.pull-ahead";
/// The version of [`PULL_AHEAD`] that there is.
pub const PULL_AHEAD_VERSION: &str = "1";
/// The official agent's word for a node whose tasks can have network interfaces.
pub const TASK_ENI: &str = "ecs.capability.task-eni";
/// What a node registers that is not in EC2.
pub const EXTERNAL: &str = "ecs.capability.external";
/// The attribute that tells a node's availability zone.
pub const ZONE: &str = "ecs.availability-zone";

/// Network interfaces that a node has room for which does not make task networks by itself: the fifteen of the largest ordinary
/// EC2 instances, less the node's own.
pub const OTHERS_INTERFACES: u32 = 14;

/// The availability zone of a node with these attributes.
#[must_use]
pub fn zone(attributes: &[Attribute]) -> Option<&Name> {
    attributes.iter().find(|attribute| attribute.name == *ZONE)?.value.as_ref()
}

/// The capacity provider that a node with these attributes belongs to.
#[must_use]
pub fn capacity_provider(attributes: &[Attribute]) -> Option<&Name> {
    attributes.iter().find(|attribute| attribute.name == *CAPACITY_PROVIDER)?.value.as_ref()
}

/// What a node can do besides running containers, as its attributes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// It makes task networks by itself.
    pub awsvpc: bool,
    /// It takes Fargate tasks.
    pub fargate: bool,
    /// It takes tasks that are not Fargate's.
    pub plain: bool,
    /// How many network interfaces of tasks' own it has room for.
    pub interfaces: u32,
    /// It pulls images before tasks come.
    pub pull_ahead: bool,
}

impl Offer {
    /// What these attributes offer.
    #[must_use]
    pub fn of(attributes: &[Attribute]) -> Self {
        let value = |name: &str| {
            let attribute = attributes.iter().find(|attribute| attribute.name == *name)?;
            Some(attribute.value.as_deref().unwrap_or_default())
        };
        let fargate = value(FARGATE);
        let awsvpc = value(AWSVPC) == Some(AWSVPC_VERSION);
        // A Fargate task has an interface of its own: who cannot make it cannot take the task.
        let interfaces = match (awsvpc, value(TASK_ENI)) {
            (true, _) => u32::MAX,
            (false, Some(_)) => OTHERS_INTERFACES,
            (false, None) => 0,
        };
        Self {
            awsvpc,
            fargate: awsvpc && fargate.is_some(),
            plain: fargate != Some(FARGATE_ONLY),
            interfaces,
            pull_ahead: value(PULL_AHEAD) == Some(PULL_AHEAD_VERSION),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(attributes: &[(&str, Option<&str>)]) -> Offer {
        let attribute = |&(name, value): &(&str, Option<&str>)| Attribute { name: name.into(), value: value.map(Into::into) };
        Offer::of(&attributes.iter().map(attribute).collect::<Vec<_>>())
    }

    #[test]
    fn nodes_offer_what_their_attributes_say() {
        let offered = |awsvpc, fargate, plain| Offer {
            awsvpc,
            fargate,
            plain,
            interfaces: if awsvpc { u32::MAX } else { 0 },
            pull_ahead: false,
        };
        assert_eq!(offer(&[]), offered(false, false, true));
        assert_eq!(offer(&[(AWSVPC, Some("1"))]), offered(true, false, true));
        assert_eq!(offer(&[(AWSVPC, Some("2"))]), offered(false, false, true));
        assert_eq!(offer(&[(AWSVPC, Some("1")), (FARGATE, None)]), offered(true, true, true));
        assert_eq!(offer(&[(AWSVPC, Some("1")), (FARGATE, Some("only"))]), offered(true, true, false));
        assert_eq!(offer(&[(FARGATE, None)]), offered(false, false, true));
        assert_eq!(offer(&[(TASK_ENI, None)]), Offer { interfaces: 14, ..offered(false, false, true) });
        assert_eq!(offer(&[(PULL_AHEAD, Some("1"))]), Offer { pull_ahead: true, ..offered(false, false, true) });
        assert_eq!(offer(&[(PULL_AHEAD, Some("2"))]), offered(false, false, true));
    }
}
