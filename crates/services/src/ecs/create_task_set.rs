//! `CreateTaskSet`: a set of tasks of a service that others deploy.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{Cluster, DeploymentId, RevisionId, Service, TaskSet, TaskSetStatus, Timestamp};
use berth_plan::IdSource;
use berth_store::{State, TaskSetKey, Transaction};

use super::scope::Scope;
use super::service::scheduling::Places;
use super::service::spec::{Asked, Attached, Spec};
use super::{EcsService, asked, cluster, idempotency, launch, revision, tags, task_set};
use crate::ids::RandomIds;

/// Task sets of one service, at most.
const MOST: usize = 5;
/// Characters of a caller's id for a set, at most.
const LONGEST_ID: usize = 255;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::CreateTaskSetRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let cluster = scope.cluster(Some(&input.cluster)).ok()?;
        let name = scope.service(&cluster, &input.service).ok()?;
        let target = Target::new(format!("{}/*", scope.service_arn(&cluster, &name).replacen(":service/", ":task-set/", 1)));
        let target =
            target.with("ecs:cluster", scope.cluster_arn(&cluster)).with("ecs:service", scope.service_arn(&cluster, &name));
        let asked = asked::Conditions {
            definition: Some(&input.task_definition),
            strategy: input.capacity_provider_strategy.as_deref(),
            network: None,
            execute_command: None,
            managed_tags: None,
            propagate_tags: None,
        };
        Some(vec![asked.on(target, &ecs.store.view(), scope).with_request_tags(tags::pairs(input.tags.as_deref()))])
    };
    target().unwrap_or_else(Target::any)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::CreateTaskSetRequest,
) -> Result<api::CreateTaskSetResponse, Refusal> {
    let scope = Scope::of(call)?;
    let cluster = scope.cluster(Some(&input.cluster))?;
    let name = scope.service(&cluster, &input.service)?;
    let now = Timestamp::from_millis(call.received_at.0);
    let place = (api::CreateTaskSetRequest::PLACE, &input);
    let token = idempotency::token(scope, "CreateTaskSet", &cluster, input.client_token.as_deref(), place)?;
    let mut ids = RandomIds::new(&api::SERVICE)?;
    let described = ecs
        .update(|tx| {
            let of_cluster = cluster::active(tx, scope, &cluster)?.clone();
            let of = task_set::service(tx, scope, &cluster, &name)?;
            if let Some(token) = &token {
                let known = idempotency::known(tx, token, now).map_err(|_| not_idempotent())?;
                if let Some(set) = known.and_then(|made| made_before(tx, scope, &made)) {
                    return task_set::describe(scope, &of, &set, tx, true);
                }
            }
            task_set::forget(tx, &of);
            if task_set::of_service(tx, &of).count() >= MOST {
                return Err(errors::limit_exceeded_exception(format!("A service has at most {MOST} task sets.")));
            }
            let set = make(tx, scope, (&of_cluster, &of), &input, now, &mut ids)?;
            if let Some(token) = token {
                let number = u128::from(set.id.number()).to_be_bytes();
                tx.put(idempotency::answered(token, vec![number], now));
            }
            task_set::describe(scope, &of, &set, tx, true)
        })
        .await?;
    Ok(api::CreateTaskSetResponse { task_set: Some(described) })
}

fn not_idempotent() -> Refusal {
    errors::invalid_parameter_exception("Creation of task set was not idempotent.")
}

/// The set that the same request made.
fn made_before(state: &State, scope: Scope, made: &[[u8; 16]]) -> Option<TaskSet> {
    let number = u64::try_from(u128::from_be_bytes(*made.first()?)).ok()?;
    let key = TaskSetKey { region: scope.region, id: DeploymentId::new(number) };
    state.get::<TaskSet>(&key).map(|set| TaskSet::clone(set))
}

fn make(
    tx: &mut Transaction,
    scope: Scope,
    (cluster, of): (&Cluster, &Service),
    input: &api::CreateTaskSetRequest,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<TaskSet, Refusal> {
    let attached = Attached {
        load_balancers: input.load_balancers.as_deref(),
        registries: input.service_registries.as_deref(),
        ..Attached::default()
    };
    attached.refuse()?;
    if input.external_id.as_ref().is_some_and(|id| id.chars().count() > LONGEST_ID) {
        return Err(errors::invalid_parameter_exception(format!("externalId must have at most {LONGEST_ID} characters.")));
    }
    let given = input.capacity_provider_strategy.as_deref();
    let (launch, strategy) = launch::provider(tx, scope, cluster, input.launch_type.as_ref(), given)?;
    let asked = Asked {
        definition: revision::to_start(tx, scope, &input.task_definition)?,
        launch,
        strategy,
        platform_version: input.platform_version.as_deref(),
        network: input.network_configuration.as_ref(),
    };
    let spec = Spec::checked(tx, asked)?;
    Places::of(of).check(&spec.definition.facts.constraints, launch)?;
    let made = spec.revision((&of.cluster, &of.name), RevisionId::from_bytes(ids.next()), now);
    let set = TaskSet {
        region: of.region,
        cluster: of.cluster.clone(),
        service: of.name.clone(),
        id: DeploymentId::from_bytes(ids.next()),
        external_id: input.external_id.as_deref().map(Into::into),
        status: TaskSetStatus::Active,
        revision: made.id,
        scale: input.scale.as_ref().map_or(Ok(0), task_set::share)?,
        is_steady: false,
        steady_at: now,
        created_at: now,
        updated_at: now,
        tags: tags::checked(input.tags.as_deref())?,
        client_token: input.client_token.as_deref().map(Into::into),
        setbacks: 0,
        retry_at: None,
    };
    tx.put(made);
    tx.put(set.clone());
    Ok(set)
}
