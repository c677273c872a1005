//! The agent protocol: what agents and the control plane say to each other on an agent's two streams, as plain data.
//!
//! No public model describes it, so these shapes are written by hand, from what the official agent sends and understands
//! (`docs/decisions/0006-hub.md`). Every frame is `{"type": NAME, "message": {..}}`. Unknown members are ignored, absent and
//! null ones take their default, and nothing is written for a member at its default: what is no text, list or map is an
//! `Option` wherever its default would say something.
//!
//! - [`ControlMessage`] and [`AgentMessage`] travel on the control stream (ACS).
//! - [`TelemetryAnswer`] and [`TelemetryReport`] travel on the telemetry stream (TCS), where an agent's frames carry a
//!   signature's headers before their JSON: [`SignedFrame`].

#[macro_use]
mod shape;
mod container;
mod control;
pub mod docker;
mod frame;
mod hidden;
mod network;
mod role;
mod signed_frame;
mod task;
mod telemetry;
mod volume;

#[cfg(test)]
mod tests;

pub use container::{
    AsmAuthData, Container, ContainerDependency, DependencyCondition, DockerConfig, EcrAuthData, EnvironmentFile,
    FirelensConfiguration, ManagedAgent, MountPoint, PortMapping, RegistryAuthentication, RestartPolicy, Secret, VolumeFrom,
};
pub use control::{
    AckRequest, AgentMessage, AttachInstanceNetworkInterfaces, AttachTaskNetworkInterfaces, ConfirmAttachment, ControlMessage,
    Heartbeat, HeartbeatAck, IamRoleCredentials, IamRoleCredentialsAck, ManifestTask, NackRequest, Notice, Payload, PullAhead,
    TaskManifest, TaskStopVerification, TaskStopVerificationAck, UpdateInfo, UpdateOrder,
};
pub use frame::FrameError;
pub use hidden::Hidden;
pub use network::{ElasticNetworkInterface, Ipv4Address, Ipv6Address, TunnelProperties, VethProperties, VlanProperties};
pub use role::RoleCredentials;
pub use signed_frame::{SignedFrame, SignedFrameError};
pub use task::{Association, AssociationContent, Attachment, AttachmentProperty, DesiredStatus, ProxyConfiguration, Task};
pub use telemetry::{
    CheckStatus, ContainerHealth, ContainerMetric, CounterStatsSet, HealthMetadata, HealthStatus, InstanceStatus,
    InstanceStatusMetadata, MetricsMetadata, NetworkStatsSet, PublishHealth, PublishInstanceStatus, PublishMetrics,
    RestartStatsSet, StatsSet, StorageStatsSet, TaskHealth, TaskMetric, TelemetryAnswer, TelemetryReport,
};
pub use volume::{DockerVolume, EbsVolume, EfsAuthorization, EfsVolume, FsxVolume, HostVolume, LogDriverVolume, Volume};
