//! The tables, listed once.

pub(crate) mod account_settings;
pub(crate) mod capacity_provider;
pub(crate) mod client_token;
pub(crate) mod cluster;
pub(crate) mod container_instance;
pub(crate) mod family;
pub(crate) mod log_group;
pub(crate) mod log_setting;
pub(crate) mod security_group;
pub(crate) mod service;
pub(crate) mod subnet;
pub(crate) mod task;
pub(crate) mod task_definition;
pub(crate) mod vpc;

use berth_model::{
    AccountSettings, ClientToken, Cluster, ContainerInstance, Family, LogGroup, SecurityGroup, Subnet, Task, TaskDefinition, Vpc,
};
use berth_model::{CapacityProvider, Service, ServiceDeployment, ServiceEvent, ServiceRevision, TaskSet};
use berth_model::{LogResourcePolicy, MetricFilter, QueryDefinition};

use crate::row::CborError;
use crate::table::Table;
use crate::{Edit, Key, Record, Shared};

/// A record that has a table. The list of tables in `tables.rs` implements it.
pub trait Stored: Record {
    /// The table's number in the backend: never changed, never used again.
    const TABLE: u8;

    #[doc(hidden)]
    fn table(tables: &Tables) -> &Table<Self>;
    #[doc(hidden)]
    fn table_mut(tables: &mut Tables) -> &mut Table<Self>;
    #[doc(hidden)]
    fn change<'a>(edit: Edit<'a, Self>) -> Change<'a>;
    #[doc(hidden)]
    fn touched(touched: &Touched) -> &Vec<Self::Key>;
    #[doc(hidden)]
    fn touched_mut(touched: &mut Touched) -> &mut Vec<Self::Key>;
}

/// Why a stored row could not be taken up.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its value is no record of the table.
    #[error(transparent)]
    Record(#[from] CborError),
    /// It stands under another key than its record's.
    #[error("the record belongs under another key")]
    Misplaced,
}

macro_rules! tables {
    ($($number:literal $field:ident: $record:ident,)*) => {
        /// Every table.
        #[derive(Debug, Clone)]
        pub struct Tables {
            $($field: Table<$record>,)*
        }

        /// A changed record of some table.
        #[derive(Debug, Clone, Copy)]
        pub enum Change<'a> {
            $(
                #[doc = concat!("One of [`", stringify!($record), "`].")]
                $record(Edit<'a, $record>),
            )*
        }

        /// The keys a change set touched, by table.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Touched {
            $($field: Vec<<$record as Record>::Key>,)*
        }

        $(impl Stored for $record {
            const TABLE: u8 = $number;

            fn table(tables: &Tables) -> &Table<Self> {
                &tables.$field
            }

            fn table_mut(tables: &mut Tables) -> &mut Table<Self> {
                &mut tables.$field
            }

            fn change<'a>(edit: Edit<'a, Self>) -> Change<'a> {
                Change::$record(edit)
            }

            fn touched(touched: &Touched) -> &Vec<Self::Key> {
                &touched.$field
            }

            fn touched_mut(touched: &mut Touched) -> &mut Vec<Self::Key> {
                &mut touched.$field
            }
        })*

        /// Rows as they come from the backend, before they are tables.
        #[derive(Debug, Default)]
        pub(crate) struct Loading {
            $($field: Vec<Shared<$record>>,)*
        }

        impl Loading {
            /// Takes up a row and shows it to `follow`. A table of a newer version is left alone.
            pub(crate) fn take(
                &mut self,
                table: u8,
                key: &[u8],
                value: &[u8],
                follow: impl FnOnce(&Change<'_>),
            ) -> Result<(), LoadError> {
                match table {
                    $($number => take(&mut self.$field, key, value, follow),)*
                    _ => Ok(()),
                }
            }

            pub(crate) fn finish(self) -> Tables {
                Tables { $($field: Table::of(self.$field),)* }
            }
        }
    };
}

tables! {
    1 clusters: Cluster,
    2 families: Family,
    3 task_definitions: TaskDefinition,
    4 container_instances: ContainerInstance,
    5 tasks: Task,
    6 client_tokens: ClientToken,
    7 log_groups: LogGroup,
    8 vpcs: Vpc,
    9 subnets: Subnet,
    10 security_groups: SecurityGroup,
    11 services: Service,
    12 service_events: ServiceEvent,
    13 service_revisions: ServiceRevision,
    14 service_deployments: ServiceDeployment,
    15 task_sets: TaskSet,
    16 capacity_providers: CapacityProvider,
    20 account_settings: AccountSettings,
    21 metric_filters: MetricFilter,
    22 log_resource_policies: LogResourcePolicy,
    23 query_definitions: QueryDefinition,
}

fn take<R: Stored>(
    rows: &mut Vec<Shared<R>>,
    key: &[u8],
    value: &[u8],
    follow: impl FnOnce(&Change<'_>),
) -> Result<(), LoadError> {
    let row = Shared::<R>::from_cbor(value)?;
    if *row.key().to_bytes() != *key {
        return Err(LoadError::Misplaced);
    }
    follow(&R::change(Edit { old: None, new: Some(&row) }));
    rows.push(row);
    Ok(())
}

impl Touched {
    /// The keys of one table, each once.
    #[must_use]
    pub fn keys<R: Stored>(&self) -> &[R::Key] {
        R::touched(self)
    }

    /// Whether any row of the table changed.
    #[must_use]
    pub fn any<R: Stored>(&self) -> bool {
        !R::touched(self).is_empty()
    }
}
