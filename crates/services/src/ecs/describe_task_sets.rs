//! `DescribeTaskSets`: the task sets of a service, or those of them that are named.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::scope::Scope;
use super::{EcsService, cluster, failure, service_deployment, task_set};

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::DescribeTaskSetsRequest) -> Vec<Target> {
    let all = || {
        let scope = Scope::of(call).ok()?;
        let cluster = scope.cluster(Some(&input.cluster)).ok()?;
        let name = scope.service(&cluster, &input.service).ok()?;
        let arn = format!("{}/*", scope.service_arn(&cluster, &name).replacen(":service/", ":task-set/", 1));
        Some(vec![service_deployment::of_service(&ecs.store.view(), scope, &arn, &cluster, &name)])
    };
    match input.task_sets.as_deref().filter(|sets| !sets.is_empty()) {
        Some(sets) => sets.iter().flat_map(|set| task_set::targets(ecs, call, &input.cluster, &input.service, set)).collect(),
        None => all().unwrap_or_else(Target::any),
    }
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DescribeTaskSetsRequest,
) -> Result<api::DescribeTaskSetsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(Some(&input.cluster))?;
    let name = scope.service(&cluster, &input.service)?;
    let with_tags = input.include.unwrap_or_default().contains(&api::TaskSetField::Tags);
    let view = ecs.store.view();
    cluster::active(&view, scope, &cluster)?;
    let of = task_set::service(&view, scope, &cluster, &name)?;
    let named = input.task_sets.filter(|sets| !sets.is_empty());
    let (mut sets, mut failures) = (Vec::new(), Vec::new());
    match named {
        None => sets.extend(task_set::of_service(&view, &of).cloned()),
        Some(named) => {
            for text in named {
                match task_set::present(&view, scope, &of, &text) {
                    Ok(set) => sets.push(set),
                    Err(_) => failures.push(failure::missing(text)),
                }
            }
        }
    }
    let described = sets.iter().map(|set| task_set::describe(scope, &of, set, &view, with_tags));
    Ok(api::DescribeTaskSetsResponse { task_sets: Some(described.collect::<Result<_, _>>()?), failures: Some(failures) })
}
