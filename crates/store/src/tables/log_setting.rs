//! What callers set up around log groups: metric filters, resource policies, saved queries.

use std::convert::Infallible;

use berth_model::{LogResourcePolicy, MetricFilter, Name, QueryDefinition, Region};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a metric filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricFilterKey {
    /// Its region.
    pub region: Region,
    /// Its log group.
    pub group: Name,
    /// Its name.
    pub name: Name,
}

/// What metric filters are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricFilterIndex {
    /// The filters of a region.
    Region(Region),
    /// The filters of a log group.
    Group(Region, Name),
    /// The filters for a metric, by its namespace and name.
    Metric(Region, Name, Name),
}

impl Key for MetricFilterKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.group);
        to.text(&self.name);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, group: from.name()?, name: from.name()? })
    }
}

impl Record for MetricFilter {
    type Key = MetricFilterKey;
    type Index = MetricFilterIndex;

    fn key(&self) -> MetricFilterKey {
        MetricFilterKey { region: self.region, group: self.group.clone(), name: self.name.clone() }
    }

    fn indexes(&self, emit: &mut dyn FnMut(MetricFilterIndex)) {
        emit(MetricFilterIndex::Region(self.region));
        emit(MetricFilterIndex::Group(self.region, self.group.clone()));
        emit(MetricFilterIndex::Metric(self.region, self.metric_namespace.clone(), self.metric_name.clone()));
    }
}

/// Names a resource policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogResourcePolicyKey {
    /// Its region.
    pub region: Region,
    /// The ARN that it is for; empty for the account.
    pub resource: Name,
    /// Its name.
    pub name: Name,
}

impl Key for LogResourcePolicyKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.resource);
        to.text(&self.name);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, resource: from.name()?, name: from.name()? })
    }
}

impl Record for LogResourcePolicy {
    type Key = LogResourcePolicyKey;
    /// There are a few of them: the order of the keys is all that is asked for.
    type Index = Infallible;

    fn key(&self) -> LogResourcePolicyKey {
        LogResourcePolicyKey { region: self.region, resource: self.resource.clone(), name: self.name.clone() }
    }

    fn indexes(&self, _: &mut dyn FnMut(Infallible)) {}
}

/// Names a saved query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryDefinitionKey {
    /// Its region.
    pub region: Region,
    /// Its id.
    pub id: Name,
}

/// What saved queries are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueryDefinitionIndex {
    /// Their region.
    pub region: Region,
    /// Their name.
    pub name: Name,
}

impl Key for QueryDefinitionKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.id);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, id: from.name()? })
    }
}

impl Record for QueryDefinition {
    type Key = QueryDefinitionKey;
    type Index = QueryDefinitionIndex;

    fn key(&self) -> QueryDefinitionKey {
        QueryDefinitionKey { region: self.region, id: self.id.clone() }
    }

    fn indexes(&self, emit: &mut dyn FnMut(QueryDefinitionIndex)) {
        emit(QueryDefinitionIndex { region: self.region, name: self.name.clone() });
    }
}
