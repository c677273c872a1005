//! Records of what callers set up around log groups. Their AWS shapes are documents here: only what they are found by has a field.

use minicbor::{Decode, Encode};

use crate::{Document, Name, Region};

/// A metric filter of a log group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MetricFilter {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// The log group.
    #[n(1)]
    pub group: Name,
    /// Its name, unique in its group.
    #[n(2)]
    pub name: Name,
    /// The namespace of its metric.
    #[n(3)]
    pub metric_namespace: Name,
    /// The name of its metric.
    #[n(4)]
    pub metric_name: Name,
    /// The filter as AWS describes it.
    #[n(5)]
    pub document: Document,
}

/// A policy that lets others write logs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogResourcePolicy {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// The ARN that it is for; empty for the account.
    #[n(1)]
    pub resource: Name,
    /// Its name, unique in its account and region; empty for a resource's.
    #[n(2)]
    pub name: Name,
    /// The policy as AWS describes it.
    #[n(3)]
    pub document: Document,
}

/// A saved query.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct QueryDefinition {
    /// Where it is.
    #[n(0)]
    pub region: Region,
    /// Its id, unique in its region.
    #[n(1)]
    pub id: Name,
    /// Its name.
    #[n(2)]
    pub name: Name,
    /// The definition as AWS describes it.
    #[n(3)]
    pub document: Document,
}
