//! How a task is launched.

use minicbor::{Decode, Encode};

/// Who provides the machine a task runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LaunchType {
    /// An instance registered in the task's cluster.
    #[n(0)]
    Ec2,
    /// Any machine of the region that offers it.
    #[n(1)]
    Fargate,
    /// An instance registered from outside.
    #[n(2)]
    External,
    /// An instance a capacity provider manages.
    #[n(3)]
    ManagedInstances,
}

impl LaunchType {
    /// Every launch type.
    pub const ALL: [Self; 4] = [Self::Ec2, Self::Fargate, Self::External, Self::ManagedInstances];

    /// AWS's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ec2 => "EC2",
            Self::Fargate => "FARGATE",
            Self::External => "EXTERNAL",
            Self::ManagedInstances => "MANAGED_INSTANCES",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of launch types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct LaunchSet(#[n(0)] u8);

impl LaunchSet {
    /// Whether the launch type is in the set.
    #[must_use]
    pub const fn contains(self, launch: LaunchType) -> bool {
        self.0 & launch.bit() != 0
    }

    /// The set with the launch type.
    #[must_use]
    pub const fn with(self, launch: LaunchType) -> Self {
        Self(self.0 | launch.bit())
    }

    /// The launch types in the set, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = LaunchType> {
        LaunchType::ALL.into_iter().filter(move |&launch| self.contains(launch))
    }
}

impl FromIterator<LaunchType> for LaunchSet {
    fn from_iter<I: IntoIterator<Item = LaunchType>>(launches: I) -> Self {
        launches.into_iter().fold(Self::default(), Self::with)
    }
}
