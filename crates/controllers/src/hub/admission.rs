//! Who may open a stream.

use berth_model::{Cluster, ContainerInstance, InstanceStatus, Name, Region};
use berth_store::{ClusterKey, InstanceKey};
use http::request::Parts;
use http::{Request, Response};
use percent_encoding::percent_decode_str;
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use super::sessions::StreamKind;
use super::{ConnectError, Hub};

/// The cluster of an agent that names none.
const DEFAULT_CLUSTER: &str = "default";

/// The instance that a stream is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    pub(super) stream: StreamKind,
    pub(super) key: InstanceKey,
    pub(super) cluster: Name,
    owner: Name,
    arn: String,
}

impl Guest {
    /// The instance's ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The key id of the principal that registered the instance.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
}

impl Hub {
    /// The instance that a request names in its query string; `region` is the one that was signed for.
    ///
    /// # Errors
    /// There is none, or not there.
    pub fn find(&self, stream: StreamKind, query: &str, region: &str) -> Result<Guest, ConnectError> {
        let names = self.0.names;
        let region = Region::new(region).map_err(|_| ConnectError::InvalidInstance)?;
        let (cluster, instance) = match stream {
            StreamKind::Control => ("clusterArn", "containerInstanceArn"),
            StreamKind::Telemetry => ("cluster", "containerInstance"),
        };
        let named = parameter(query, cluster)?.filter(|text| !text.is_empty()).unwrap_or_else(|| DEFAULT_CLUSTER.to_owned());
        let arn = parameter(query, instance)?
            .ok_or_else(|| ConnectError::BadRequest(format!("The query string has no {instance}.")))?;
        let cluster = names.cluster_of(region, &named).ok_or(ConnectError::InvalidCluster)?;
        let view = self.0.store.view();
        let known = view.get::<Cluster>(&ClusterKey { region, name: cluster.clone() });
        known.filter(|known| known.inactive_at.is_none()).ok_or(ConnectError::InvalidCluster)?;
        let (id, of) = names.instance_of(region, &arn).ok_or(ConnectError::InvalidInstance)?;
        let key = InstanceKey { region, id };
        let found = view.get::<ContainerInstance>(&key).filter(|found| found.cluster == cluster);
        let found = found.filter(|_| of.is_none_or(|of| of == cluster)).ok_or(ConnectError::InvalidInstance)?;
        let owner = found.owner.clone();
        Ok(Guest { stream, key, arn: names.instance(key, &cluster), cluster, owner })
    }

    /// The answer that opens the stream.
    ///
    /// # Errors
    /// The instance was deregistered, or the request is no websocket handshake.
    pub fn accept(&self, guest: &Guest, request: &Parts) -> Result<Response<()>, ConnectError> {
        let view = self.0.store.view();
        let instance = view.get::<ContainerInstance>(&guest.key).ok_or(ConnectError::InvalidInstance)?;
        if matches!(instance.status, InstanceStatus::Inactive { .. }) {
            return Err(ConnectError::InactiveInstance);
        }
        create_response(&Request::from_parts(request.clone(), ()))
            .map_err(|error| ConnectError::BadRequest(format!("The request opens no websocket: {error}.")))
    }
}

/// A parameter of a query string, decoded.
fn parameter(query: &str, name: &str) -> Result<Option<String>, ConnectError> {
    Ok(parameters(query, name)?.into_iter().next())
}

/// All values of a parameter of a query string, decoded.
pub(super) fn parameters(query: &str, name: &str) -> Result<Vec<String>, ConnectError> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| match percent_decode_str(value).decode_utf8() {
        Ok(value) => Ok(value.into_owned()),
        Err(_) => Err(ConnectError::BadRequest(format!("The query string's {name} is no UTF-8."))),
    });
    values.collect()
}
