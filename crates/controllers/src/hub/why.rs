//! What a service waits for, for whoever asks: `GET /_berth/why`.
//!
//! It is found out when it is asked, as the service's next pass would: nothing has to be kept for it.

use berth_api::{StreamRefusal, Target, ViewHost};
use berth_model::{Region, Service};
use berth_store::ServiceKey;
use serde::Serialize;

use super::admission::parameters;
use super::{ConnectError, Hub, now};
use crate::service_loop::{PlacementsOf, why};

/// Answers what a service waits for.
#[derive(Debug)]
pub struct WhyView {
    hub: Hub,
    placements: PlacementsOf,
}

impl Hub {
    /// What services wait for, as the index of `placements` sees it.
    #[must_use]
    pub fn why(&self, placements: PlacementsOf) -> WhyView {
        WhyView { hub: self.clone(), placements }
    }
}

#[derive(Debug, Serialize)]
struct Answer {
    why: Vec<String>,
}

impl ViewHost for WhyView {
    type Question = ServiceKey;

    fn path(&self) -> &'static str {
        "/_berth/why"
    }

    /// Who may have a service described, with its events, may see what it waits for.
    fn action(&self) -> &'static str {
        "ecs:DescribeServices"
    }

    fn ask(&self, query: &str, region: &str) -> Result<(ServiceKey, Target), StreamRefusal> {
        let key = self.question(query, region)?;
        let arn = self.hub.0.names.cluster(key.region, &key.cluster);
        let service = format!("{}/{}", arn.replacen(":cluster/", ":service/", 1), key.name);
        Ok((key, Target::new(service).with("ecs:cluster", arn)))
    }

    fn answer(&self, key: &ServiceKey) -> String {
        let view = self.hub.0.store.view();
        let why = match why(&view, key, self.placements, now()) {
            Ok(why) => why.unwrap_or_default(),
            Err(trouble) => vec![trouble.to_string()],
        };
        // Nothing here refuses to be written.
        serde_json::to_string(&Answer { why }).unwrap_or_default()
    }

    fn denied(&self, message: String) -> StreamRefusal {
        ConnectError::AccessDenied(message).into()
    }
}

impl WhyView {
    fn question(&self, query: &str, region: &str) -> Result<ServiceKey, ConnectError> {
        let region = Region::new(region).map_err(|_| ConnectError::InvalidCluster)?;
        let named = parameters(query, "cluster")?.pop().unwrap_or_else(|| "default".to_owned());
        let cluster = self.hub.0.names.cluster_of(region, &named).ok_or(ConnectError::InvalidCluster)?;
        let named = parameters(query, "service")?.pop().unwrap_or_default();
        let key = ServiceKey { region, cluster, name: named.into() };
        let is_known = self.hub.0.store.view().get::<Service>(&key).is_some();
        is_known.then_some(key).ok_or_else(|| ConnectError::BadRequest("The specified service was not found.".to_owned()))
    }
}
