//! Berth's nouns: ids, ARNs, timestamps, resource amounts and the stored records.
//!
//! Invariants of this crate, as negatives:
//! - It never does I/O, never reads a clock, never rolls a die: time and id bytes are arguments.
//! - It knows no AWS shape. A task definition's AWS JSON is an opaque [`Document`] here.
//! - A record's field numbers (`#[n(..)]`) are never reused and never change meaning: the database of an older version
//!   is read with them.

mod account;
mod account_settings;
mod arn;
mod attachment;
mod attribute;
mod capability;
mod capacity_provider;
mod cbor;
mod client_token;
mod cluster;
mod container;
mod container_instance;
pub mod daemon;
mod deployment;
mod deployment_id;
mod document;
mod ec2_id;
mod facts;
mod id;
mod launch;
mod life;
mod lifecycle;
mod log_group;
mod log_setting;
mod mac_address;
mod name;
mod network;
mod nineteen_digits;
pub mod node;
mod ports;
mod region;
mod resources;
mod service;
mod service_revision;
mod tags;
mod task;
mod task_definition;
mod timestamp;

pub use account::{AccountId, ParseAccountIdError};
pub use account_settings::AccountSettings;
pub use arn::{Arn, ParseArnError, ResourceArn};
pub use attachment::{Attached, Attachment, AttachmentStatus, NetworkInterface};
pub use attribute::{Attribute, Constraint, ConstraintKind};
pub use capability::CAPABILITIES;
pub use capacity_provider::{CapacityProvider, ProviderSource, ProviderStatus};
pub use client_token::ClientToken;
pub use cluster::{Cluster, ClusterStatus, StrategyItem};
pub use container::{Container, ContainerLife, Health, NetworkBinding, PortSpan};
pub use container_instance::{ContainerInstance, HealthCheck, InstanceStatus};
pub use deployment::{
    BreakerState, CircuitBreaker, Deployment, DeploymentConfiguration, Monitor, ResolvedImage, Rollback, Rollout,
    ServiceDeployment, ServiceDeploymentStatus,
};
pub use deployment_id::{DeploymentId, ParseDeploymentIdError};
pub use document::Document;
pub use ec2_id::{Ec2Id, Ec2Kind, InterfaceId, ParseEc2IdError, SecurityGroupId, SubnetId, VpcId, ec2_kind};
pub use facts::{Condition, ContainerFacts, Dependency, Facts, NetworkMode, PortMapping, Protocol};
pub use id::{
    AttachmentId, ContainerId, HookId, Id, InstanceId, Kind, LogGroupId, ParseIdError, ServiceDeploymentId, TaskId, kind,
};
pub use launch::{LaunchSet, LaunchType};
pub use life::{Desired, Life, Stop, StopCode};
pub use lifecycle::{HookAction, LifecycleStage, Pause, PauseHook, PauseStatus};
pub use log_group::{LogGroup, LogGroupClass};
pub use log_setting::{LogResourcePolicy, MetricFilter, QueryDefinition};
pub use mac_address::MacAddress;
pub use name::Name;
pub use network::{SecurityGroup, Subnet, Vpc};
pub use ports::PortSet;
pub use region::{Region, RegionError};
pub use resources::{Resource, Resources};
pub use service::{
    DeploymentController, Matter, Notice, PlacementStrategy, Scheduling, Service, ServiceEvent, ServiceStatus, TagSource,
};
pub use service_revision::{ParseRevisionIdError, RevisionId, ServiceNetwork, ServiceRevision, Source, TaskSet, TaskSetStatus};
pub use tags::Tags;
pub use task::{Connectivity, Task, TaskTimes};
pub use task_definition::{Family, RevisionStatus, TaskDefinition};
pub use thin_vec::ThinVec;
pub use timestamp::Timestamp;

#[cfg(test)]
mod roundtrip_tests;
