//! `DescribeServiceRevisions`: up to 20 revisions of services by ARN.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, ResourceArn, RevisionId, ServiceRevision, TaskDefinition};
use berth_store::{ServiceRevisionKey, State, TaskDefinitionKey};

use super::scope::{Scope, shortened};
use super::service::describe::{Launched, time};
use super::{EcsService, failure, network, service_deployment};

/// Revisions of one call, at most.
const MOST: usize = 20;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeServiceRevisionsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| match reference(scope, text) {
        Ok((cluster, service, _)) => service_deployment::of_service(&view, scope, text, &cluster, &service),
        Err(_) => Target::new(text.clone()),
    };
    input.service_revision_arns.iter().take(MOST).map(target).collect()
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeServiceRevisionsRequest,
) -> Result<api::DescribeServiceRevisionsResponse, Refusal> {
    let scope = Scope::of(call)?;
    if !(1..=MOST).contains(&input.service_revision_arns.len()) {
        return Err(errors::invalid_parameter_exception(format!("serviceRevisionArns must have between 1 and {MOST} entries.")));
    }
    let view = ecs.store.view();
    let (mut revisions, mut failures) = (Vec::new(), Vec::new());
    for text in input.service_revision_arns {
        let (cluster, service, id) = reference(scope, &text)?;
        let found = view.get::<ServiceRevision>(&ServiceRevisionKey { region: scope.region, id });
        match found.filter(|found| found.cluster == cluster && found.service == service) {
            Some(found) => revisions.push(describe(scope, found, &view)),
            None => failures.push(failure::missing(text)),
        }
    }
    Ok(api::DescribeServiceRevisionsResponse { service_revisions: Some(revisions), failures: Some(failures) })
}

fn reference(scope: Scope, text: &str) -> Result<(Name, Name, RevisionId), Refusal> {
    let invalid = || {
        let text = shortened(text);
        errors::invalid_parameter_exception(format!("Invalid identifier: {text} is not the ARN of a service revision"))
    };
    if !text.starts_with("arn:") {
        return Err(invalid());
    }
    match scope.resource(text)? {
        ResourceArn::ServiceRevision { cluster, service, id } => Ok((cluster, service, id)),
        _ => Err(invalid()),
    }
}

fn describe(scope: Scope, revision: &ServiceRevision, state: &State) -> api::ServiceRevision {
    let source = Launched::of(&revision.source);
    api::ServiceRevision {
        service_revision_arn: Some(scope.revision_arn(&revision.cluster, &revision.service, revision.id)),
        service_arn: Some(scope.service_arn(&revision.cluster, &revision.service)),
        cluster_arn: Some(scope.cluster_arn(&revision.cluster)),
        task_definition: Some(scope.task_definition_arn(&revision.family, revision.definition)),
        capacity_provider_strategy: source.strategy,
        launch_type: source.launch_type,
        platform_version: source.platform_version,
        platform_family: source.platform_family,
        load_balancers: Some(Vec::new()),
        service_registries: Some(Vec::new()),
        network_configuration: revision.network.as_ref().map(network::described),
        container_images: Some(images(revision, state)),
        guard_duty_enabled: Some(false),
        created_at: time(revision.created_at),
        ..Default::default()
    }
}

/// The images of its containers, with the digests that its first task ran, once that is known.
pub(super) fn images(revision: &ServiceRevision, state: &State) -> Vec<api::ContainerImage> {
    let key = TaskDefinitionKey { region: revision.region, family: revision.family.clone(), revision: revision.definition };
    let Some(definition) = state.get::<TaskDefinition>(&key) else { return Vec::new() };
    let image = |facts: &berth_model::ContainerFacts| api::ContainerImage {
        container_name: Some(facts.name.to_string()),
        image_digest: revision.images.iter().find(|known| known.container == facts.name).map(|known| known.digest.to_string()),
        image: Some(facts.image.to_string()),
    };
    definition.facts.containers.iter().map(image).collect()
}
