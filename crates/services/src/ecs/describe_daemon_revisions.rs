//! `DescribeDaemonRevisions`: up to 20 revisions of daemons by ARN.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};

use super::daemon::deployment;
use super::describe_service_revisions::images;
use super::scope::Scope;
use super::{EcsService, daemon, failure};

/// Revisions of one call, at most.
const MOST: usize = 20;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeDaemonRevisionsRequest) -> Vec<Target> {
    let Ok(scope) = Scope::of(call) else { return Target::any() };
    let view = ecs.store.view();
    let target = |text: &String| match deployment::revision_reference(scope, text) {
        Ok((named, _)) => daemon::part_of(&view, scope, text, &named),
        Err(_) => Target::new(text.clone()),
    };
    input.daemon_revision_arns.iter().take(MOST).map(target).collect()
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeDaemonRevisionsRequest,
) -> Result<api::DescribeDaemonRevisionsResponse, Refusal> {
    let scope = Scope::of(call)?;
    if !(1..=MOST).contains(&input.daemon_revision_arns.len()) {
        return Err(errors::invalid_parameter_exception(format!("daemonRevisionArns must have between 1 and {MOST} entries.")));
    }
    let view = ecs.store.view();
    let (mut revisions, mut failures) = (Vec::new(), Vec::new());
    for text in input.daemon_revision_arns {
        let ((cluster, name), id) = deployment::revision_reference(scope, &text)?;
        let found = deployment::revision(&view, scope, id);
        match found.filter(|found| found.cluster == cluster && found.service == name) {
            Some(found) => revisions.push(deployment::describe_revision(scope, found, images(found, &view))?),
            None => failures.push(failure::missing(text)),
        }
    }
    Ok(api::DescribeDaemonRevisionsResponse { daemon_revisions: Some(revisions), failures: Some(failures) })
}
