//! Typed tables in memory with durable, ordered commits.
//!
//! [`Store::update`] runs one closure at a time on the newest state and returns when what it wrote, and what it read, is
//! durable. [`Store::view`] is a snapshot of the last durable state; [`Store::changes`] says which keys each durable
//! change set touched, and state is then read again.
//!
//! Invariants of this crate, as negatives:
//! - Nobody outside sees state that a crash could take back: no view, no feed, no answer of an update.
//! - A change set is never half there, in memory or on disk.
//! - It never reads the clock for a record and never waits inside a transaction: closures take microseconds.
//! - It knows no AWS shape, and no other crate knows a database.
//! - It needs no async runtime: waiting uses `tokio::sync` only, and the backend has a thread of its own.

mod addresses;
pub mod backend;
mod changes;
mod commit;
mod counts;
mod derived;
mod error;
mod key;
mod open;
mod postings;
mod record;
mod row;
mod state;
mod store;
mod table;
mod tables;
mod transaction;

pub use addresses::Addresses;
pub use backend::{Backend, BackendError};
pub use changes::{ChangeFeed, Event};
pub use counts::{ClusterCounts, Counts, GroupCounts, InstanceCounts, TaskCounts};
pub use derived::{Derived, Edit};
pub use error::{Failure, UpdateError};
pub use key::{Key, KeyReader, KeyWriter};
pub use open::Options;
pub use record::Record;
pub use row::{CborError, Shared};
pub use state::{State, View};
pub use store::Store;
pub use table::Rows;
pub use tables::account_settings::AccountSettingsKey;
pub use tables::capacity_provider::CapacityProviderKey;
pub use tables::client_token::{ClientTokenIndex, ClientTokenKey};
pub use tables::cluster::{ClusterIndex, ClusterKey};
pub use tables::container_instance::{InstanceIndex, InstanceKey, InstanceState};
pub use tables::family::FamilyKey;
pub use tables::log_group::{LogGroupIndex, LogGroupKey};
pub use tables::log_setting::{
    LogResourcePolicyKey, MetricFilterIndex, MetricFilterKey, QueryDefinitionIndex, QueryDefinitionKey,
};
pub use tables::security_group::SecurityGroupKey;
pub use tables::service::{
    OfService, ServiceDeploymentKey, ServiceEventKey, ServiceIndex, ServiceKey, ServiceRevisionKey, ServiceState, TaskSetKey,
};
pub use tables::subnet::{SubnetIndex, SubnetKey};
pub use tables::task::{TaskIndex, TaskKey};
pub use tables::task_definition::{RevisionState, TaskDefinitionIndex, TaskDefinitionKey};
pub use tables::vpc::{VpcIndex, VpcKey};
pub use tables::{Change, LoadError, Stored, Touched};
pub use transaction::{MOST_BYTES, MOST_ROWS, Transaction};
