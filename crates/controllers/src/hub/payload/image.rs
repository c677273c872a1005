//! Which image a container of a task runs.

use berth_api::ecs::{ContainerDefinition, VersionConsistency};
use berth_model::{ResolvedImage, Service, Task};
use berth_store::{ServiceKey, State};

/// The images that the first task of a service's deployment ran: the deployment's other tasks run the same ones. Nothing for other
/// tasks, and as long as nobody knows.
pub(super) fn resolved<'s>(state: &'s State, task: &Task) -> &'s [ResolvedImage] {
    let find = || {
        let key = ServiceKey { region: task.region, cluster: task.cluster.clone(), name: task.service()? };
        let service = state.get::<Service>(&key)?;
        let deployments = service.deployments.iter().filter(|deployment| deployment.consistent);
        let own = deployments.into_iter().find(|deployment| Some(deployment.id) == task.deployment())?;
        Some(own.digests.as_slice())
    };
    find().unwrap_or_default()
}

/// The image of a container: by digest if it is known and the definition does not say that each task may run another one.
pub(in crate::hub) fn of(given: &ContainerDefinition, resolved: &[ResolvedImage]) -> String {
    let image = given.image.as_deref().unwrap_or_default();
    let name = given.name.as_deref().unwrap_or_default();
    let known = resolved.iter().find(|known| *known.container == *name);
    match known {
        Some(known) if given.version_consistency != Some(VersionConsistency::Disabled) && !image.contains('@') => {
            format!("{}@{}", repository(image), known.digest)
        }
        Some(_) | None => image.to_owned(),
    }
}

/// An image's name without its tag. A colon before a slash belongs to the registry's port.
fn repository(image: &str) -> &str {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        Some(_) | None => image,
    }
}
