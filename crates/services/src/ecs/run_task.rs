//! `RunTask`: finds places for up to ten tasks and writes their records. Tasks without a place are failures of the answer.

use std::time::Instant;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{ClientToken, InstanceId, LaunchType, Name, Task, TaskDefinition, TaskId, Timestamp, node};
use berth_plan::placement::{self, Lack, Placement, Pool, Sieve, Want};
use berth_plan::{IdSource, capacity};
use berth_store::{Shared, State, TaskKey, Transaction};

use super::launch::{self, Launch, Wishes};
use super::scope::Scope;
use super::traced::Moments;
use super::{
    EcsService, altered, cluster, constraints, failure, fargate, idempotency, placements, revision, tags, task, task_definition,
};
use crate::ids::RandomIds;

/// Tasks of one call, at most.
const MOST: i32 = 10;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::RunTaskRequest) -> Vec<Target> {
    targets(ecs, call, (input.cluster.as_deref(), &input.task_definition), input.overrides.as_ref(), input.tags.as_deref())
}

/// What a call touches that starts tasks of a definition in a cluster.
pub(super) fn targets(
    ecs: &EcsService,
    call: &Call,
    (cluster, definition): (Option<&str>, &str),
    overrides: Option<&api::TaskOverride>,
    tags: Option<&[api::Tag]>,
) -> Vec<Target> {
    let Some((found, target)) = target(ecs, call, cluster, definition) else { return Target::any() };
    let altered = altered::beyond(overrides)
        .and_then(|overrides| Some(altered::by_overrides(task_definition::parse(&found.document).ok()?, overrides)));
    let altering = altered.iter().flat_map(|request| altered::targets(ecs, call, request));
    std::iter::once(target.with_request_tags(tags::pairs(tags))).chain(altering).collect()
}

/// The revision that is started, as policies see it: AWS resolves a family before it authorises.
fn target(ecs: &EcsService, call: &Call, cluster: Option<&str>, definition: &str) -> Option<(Shared<TaskDefinition>, Target)> {
    let scope = Scope::of(call).ok()?;
    let view = ecs.store.view();
    let context = scope.cluster_arn(&scope.cluster(cluster).ok()?);
    let found = revision::to_start(&view, scope, definition).ok()?;
    let arn = scope.task_definition_arn(&found.family, found.revision);
    let target = Target { tags: tags::for_policies(&found.tags), ..Target::new(arn).with("ecs:cluster", context) };
    Some((found, target))
}

pub(super) async fn run(ecs: &EcsService, call: &Call, input: api::RunTaskRequest) -> Result<api::RunTaskResponse, Refusal> {
    let mut moments = Moments::now();
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let now = Timestamp::from_millis(call.received_at.0);
    let count = count(input.count)?;
    let place = (api::RunTaskRequest::PLACE, &input);
    let token = idempotency::token(scope, "RunTask", &name, input.client_token.as_deref(), place)?;
    let view = ecs.store.view();
    let of_cluster = cluster::active(&view, scope, &name)?;
    // Before anything is checked: what held when the request was first made may not hold any more.
    if let Some(answered) = again(&view, scope, token.as_ref(), now)? {
        return Ok(answered);
    }
    let definition = revision::to_start(&view, scope, &input.task_definition)?;
    let given = input.capacity_provider_strategy.as_deref();
    let (kind, strategy) = launch::provider(&view, scope, of_cluster, input.launch_type.as_ref(), given)?;
    if kind == LaunchType::Fargate {
        fargate::check_version(input.platform_version.as_deref())?;
        fargate::check_placement(input.placement_constraints.as_deref(), input.placement_strategy.as_deref())?;
    } else if input.platform_version.is_some() {
        return Err(errors::invalid_parameter_exception("The platform version must be null when specifying an EC2 launch type."));
    }
    let launch = Launch::checked(&view, scope, definition, &name, &wishes(&input), kind, input.client_token.as_deref())?;
    let providers = capacity::split(&strategy, count);
    let constraints = constraints::given(input.placement_constraints.as_deref());
    let rules = constraints::rules(&launch.definition.facts.constraints, &constraints, kind)?;
    let strategies = constraints::strategies(input.placement_strategy.as_deref())?;
    let mut ids = RandomIds::new(&api::SERVICE)?;
    moments.checked = Instant::now();
    let mut is_new = false;
    let answer = ecs
        .update(|tx| {
            cluster::active(tx, scope, &name)?;
            if let Some(answered) = again(tx, scope, token.as_ref(), now)? {
                return Ok(answered);
            }
            let want = Want { count, rules: &rules, strategies: &strategies, ..launch.want() };
            let (started, failures) = start(tx, scope, (&launch, &want), &providers, now, &mut ids)?;
            if let Some(token) = token {
                tx.put(idempotency::answered(token, started.iter().map(|task| *task.id.as_bytes()).collect(), now));
            }
            let tasks = started.iter().map(|task| task::describe(scope, task, tx, true)).collect::<Result<_, _>>()?;
            (is_new, moments.placed) = (true, Instant::now());
            Ok(api::RunTaskResponse { tasks: Some(tasks), failures: Some(failures) })
        })
        .await?;
    if is_new {
        moments.committed(call, answer.tasks.as_deref());
    }
    Ok(answer)
}

/// Starts tasks where there is room for them. With the failures of those that find none.
fn start(
    tx: &mut Transaction,
    scope: Scope,
    (launch, want): (&Launch, &Want<'_>),
    providers: &[Name],
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<(Vec<Task>, Vec<api::Failure>), Refusal> {
    let (mut started, mut failed) = (Vec::new(), Vec::new());
    for (provider, count) in shares(launch.kind, providers, want.count) {
        let placement = find(tx, launch, &Want { provider, count, ..*want }, ids)?;
        failed.extend(failures(tx, scope, launch, &placement));
        for placed in &placement.placed {
            let provider = provider.or_else(|| providers.get(started.len())).cloned();
            match launch.start(tx, placed, provider, now, ids)? {
                Some(task) => started.push(task),
                None => failed.push(failure::no_address(arn(scope, launch, placed.instance))),
            }
        }
    }
    Ok((started, failed))
}

/// How many tasks go to the instances of which provider. Those of Fargate are the same for all of its providers.
fn shares(launch: LaunchType, providers: &[Name], count: u32) -> Vec<(Option<&Name>, u32)> {
    if launch == LaunchType::Fargate || providers.is_empty() {
        return vec![(None, count)];
    }
    let mut shares: Vec<(Option<&Name>, u32)> = Vec::new();
    for provider in providers {
        match shares.iter_mut().find(|(known, _)| *known == Some(provider)) {
            Some((_, share)) => *share += 1,
            None => shares.push((Some(provider), 1)),
        }
    }
    shares
}

fn wishes(input: &api::RunTaskRequest) -> Wishes<'_> {
    Wishes {
        group: input.group.as_deref(),
        started_by: input.started_by.as_deref(),
        overrides: input.overrides.as_ref(),
        network: input.network_configuration.as_ref(),
        execute_command: input.enable_execute_command.unwrap_or(false),
        managed_tags: input.enable_ecs_managed_tags.unwrap_or(false),
        propagate_tags: input.propagate_tags.as_ref(),
        tags: input.tags.as_deref(),
        volumes: input.volume_configurations.as_ref().is_some_and(|volumes| !volumes.is_empty()),
    }
}

fn count(given: Option<i32>) -> Result<u32, Refusal> {
    let count = given.unwrap_or(1);
    match u32::try_from(count) {
        Ok(number) if (1..=MOST).contains(&count) => Ok(number),
        _ => {
            Err(errors::invalid_parameter_exception(format!("The count of tasks must be between 1 and {MOST}, but was {count}.")))
        }
    }
}

/// The answer to the same request before; nothing if there was none.
fn again(
    state: &State,
    scope: Scope,
    token: Option<&ClientToken>,
    now: Timestamp,
) -> Result<Option<api::RunTaskResponse>, Refusal> {
    let Some(token) = token else { return Ok(None) };
    let arn = |id: &[u8; 16]| scope.task_arn(&token.cluster, TaskId::from_bytes(*id));
    let known = idempotency::known(state, token, now).map_err(|conflict| {
        let resource_ids = Some(conflict.made.iter().map(arn).collect());
        let message = "The client token was used before with other parameters. Use another token, or the same parameters.";
        errors::conflict_exception_with(message, api::ConflictException { resource_ids })
    })?;
    let Some(ids) = known else { return Ok(None) };
    let tasks = ids.into_iter().filter_map(|id| state.get::<Task>(&TaskKey { region: scope.region, id: TaskId::from_bytes(id) }));
    let tasks = tasks.map(|task| task::describe(scope, task, state, true)).collect::<Result<_, _>>()?;
    Ok(Some(api::RunTaskResponse { tasks: Some(tasks), failures: Some(Vec::new()) }))
}

fn find(tx: &Transaction, launch: &Launch, want: &Want<'_>, ids: &mut dyn IdSource) -> Result<Placement, Refusal> {
    let pool = placements::pool(tx, &launch.pool());
    let is_there = |pool: &&Pool| match launch.kind {
        LaunchType::Fargate => true,
        LaunchType::External => pool.has_active_with(node::EXTERNAL),
        LaunchType::Ec2 | LaunchType::ManagedInstances => pool.active() > 0,
    };
    match pool.filter(is_there) {
        Some(pool) => Ok(placement::place(want, pool, &mut Sieve::default(), ids)),
        None if launch.kind == LaunchType::Fargate => {
            Ok(Placement { placed: Vec::new(), unplaced: want.count, rejections: Vec::new() })
        }
        None => Err(errors::invalid_parameter_exception("No Container Instances were found in your cluster.")),
    }
}

/// What an answer says of tasks that found no place.
fn failures(state: &State, scope: Scope, launch: &Launch, placement: &Placement) -> Vec<api::Failure> {
    if launch.kind == LaunchType::Fargate {
        return fargate::failure(state, scope.region, placement).into_iter().collect();
    }
    let failure = |rejection: &placement::Rejection| api::Failure {
        arn: arn(scope, launch, rejection.instance),
        reason: Some(rejection.lack.failure_reason().to_owned()),
        detail: Some(rejection.lack.sentence()),
    };
    // AWS says nothing of instances that take no tasks.
    let takes_tasks = |rejection: &&placement::Rejection| !matches!(rejection.lack, Lack::NotActive(_));
    placement.rejections.iter().filter(takes_tasks).map(failure).collect()
}

/// The name of an instance that did not get a task. Those that take Fargate tasks have none.
fn arn(scope: Scope, launch: &Launch, instance: InstanceId) -> Option<String> {
    (launch.kind != LaunchType::Fargate).then(|| scope.instance_arn(&launch.cluster, instance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_of_instances_has_its_share() {
        let names: Vec<Name> = ["a", "b", "a", "a"].into_iter().map(Name::new).collect();
        let told = |launch, providers: &[Name]| {
            let shares = shares(launch, providers, 4);
            shares.into_iter().map(|(provider, share)| (provider.map(ToString::to_string), share)).collect::<Vec<_>>()
        };
        assert_eq!(told(LaunchType::Ec2, &names), [(Some("a".to_owned()), 3), (Some("b".to_owned()), 1)]);
        assert_eq!(told(LaunchType::Ec2, &[]), [(None, 4)]);
        assert_eq!(told(LaunchType::Fargate, &names), [(None, 4)]);
    }
}
