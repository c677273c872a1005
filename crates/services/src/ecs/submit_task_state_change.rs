//! `SubmitTaskStateChange`: what an agent says of a task. The same report again changes nothing.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{
    AttachmentId, AttachmentStatus, ContainerInstance, Life, Name, NetworkBinding, PortSpan, Protocol, ResourceArn, Task, TaskId,
    Timestamp,
};
use berth_plan::task::{self as life, ContainerReport, Reported, TaskReport};
use berth_store::{InstanceKey, State, TaskKey};

use super::scope::Scope;
use super::{EcsService, cluster, ledger, task, traced};

/// Characters of a reason or of a container's runtime id and digest, at most; more is cut, for an agent cannot do better.
const LONGEST_REASON: usize = 1024;
const LONGEST_ID: usize = 255;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::SubmitTaskStateChangeRequest) -> Vec<Target> {
    let target = || {
        let scope = Scope::of(call).ok()?;
        let name = scope.cluster(input.cluster.as_deref()).ok()?;
        let view = ecs.store.view();
        let (of, id) = named(&view, scope, &name, input.task.as_deref()?).ok()?;
        Some(vec![task::target(&view, scope, &of, id)])
    };
    target().unwrap_or_else(Target::any)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::SubmitTaskStateChangeRequest,
) -> Result<api::SubmitTaskStateChangeResponse, Refusal> {
    let scope = Scope::of(call)?;
    let name = scope.cluster(input.cluster.as_deref())?;
    let now = Timestamp::from_millis(call.received_at.0);
    let report = report(scope, &input)?;
    let runs = ecs
        .update(|tx| {
            cluster::active(tx, scope, &name)?;
            let not_found = || errors::invalid_parameter_exception("The referenced task was not found.");
            let (of, id) = named(tx, scope, &name, input.task.as_deref().unwrap_or_default())?;
            let before = task::find(tx, scope, &of, id, now).cloned().ok_or_else(not_found)?;
            let facts = task::facts(tx, &before)?;
            let Some(after) = life::observe(&before, &facts, &report, now) else { return Ok(false) };
            let is_running = |life: &Life| matches!(life, Life::Running { .. });
            let runs = !is_running(&before.life) && is_running(&after.life);
            ledger::replace(tx, &before, after)?;
            Ok(runs)
        })
        .await?;
    if runs {
        traced::running(input.task.as_deref(), call);
    }
    Ok(api::SubmitTaskStateChangeResponse { acknowledgment: Some("ACK".to_owned()) })
}

/// The task that an agent of a cluster speaks of, and the task's own cluster: a Fargate task on its instance may be another's.
pub(super) fn named(state: &State, scope: Scope, cluster: &Name, text: &str) -> Result<(Name, TaskId), Refusal> {
    if text.starts_with("arn:")
        && let ResourceArn::Task { cluster: Some(of), id } = scope.resource(text)?
        && is_hosted(state, scope, cluster, &of, id)
    {
        return Ok((of, id));
    }
    Ok((cluster.clone(), scope.task(cluster, text)?))
}

/// Whether the task of a cluster runs on an instance of another.
fn is_hosted(state: &State, scope: Scope, host: &Name, of: &Name, id: TaskId) -> bool {
    let region = scope.region;
    let task = state.get::<Task>(&TaskKey { region, id }).filter(|task| task.cluster == *of);
    let instance = task.and_then(|task| state.get::<ContainerInstance>(&InstanceKey { region, id: task.instance? }));
    instance.is_some_and(|instance| instance.cluster == *host)
}

fn report<'a>(scope: Scope, input: &'a api::SubmitTaskStateChangeRequest) -> Result<TaskReport<'a>, Refusal> {
    let time = |at: Option<berth_wire::Timestamp>| at.map(|at| Timestamp::from_millis(at.0));
    Ok(TaskReport {
        status: status(input.status.as_deref())?,
        reason: cut(input.reason.as_deref(), LONGEST_REASON),
        pull_started_at: time(input.pull_started_at),
        pull_stopped_at: time(input.pull_stopped_at),
        execution_stopped_at: time(input.execution_stopped_at),
        containers: input.containers.iter().flatten().map(container).collect::<Result<_, _>>()?,
        attachments: input.attachments.iter().flatten().map(|change| attachment(scope, change)).collect::<Result<_, _>>()?,
    })
}

fn status(text: Option<&str>) -> Result<Option<Reported>, Refusal> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|cause| errors::invalid_parameter_exception(format!("Invalid status: {cause}."))))
        .transpose()
}

fn cut(text: Option<&str>, most: usize) -> &str {
    let text = text.unwrap_or_default();
    text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// The attachment that an agent names, and whether it is there now.
pub(super) fn attachment(scope: Scope, change: &api::AttachmentStateChange) -> Result<(AttachmentId, bool), Refusal> {
    match scope.resource(&change.attachment_arn)? {
        ResourceArn::Attachment { id, .. } => Ok((id, change.status == AttachmentStatus::Attached.as_str())),
        _ => Err(errors::invalid_parameter_exception(format!(
            "Invalid identifier: {} is not an attachment",
            super::scope::shortened(&change.attachment_arn)
        ))),
    }
}

/// What an agent says of a container.
pub(super) fn container(change: &api::ContainerStateChange) -> Result<ContainerReport<'_>, Refusal> {
    Ok(ContainerReport {
        name: change.container_name.as_deref().unwrap_or_default(),
        status: status(change.status.as_deref())?.unwrap_or(Reported::Pending),
        exit_code: change.exit_code,
        reason: cut(change.reason.as_deref(), LONGEST_REASON),
        runtime_id: cut(change.runtime_id.as_deref(), LONGEST_ID),
        image_digest: cut(change.image_digest.as_deref(), LONGEST_ID),
        bindings: change.network_bindings.iter().flatten().map(binding).collect::<Result<_, _>>()?,
    })
}

fn binding(binding: &api::NetworkBinding) -> Result<NetworkBinding, Refusal> {
    let invalid = || {
        errors::invalid_parameter_exception(
            "Invalid network binding: ports are numbers up to 65535, or a range of them such as 8000-8010.",
        )
    };
    let span = |port: Option<i32>, range: Option<&str>| match (port, range) {
        (_, Some(range)) => {
            let (first, last) = range.split_once('-').ok_or_else(invalid)?;
            Ok(PortSpan::Range(first.parse().map_err(|_| invalid())?, last.parse().map_err(|_| invalid())?))
        }
        (port, None) => u16::try_from(port.unwrap_or(0)).map(PortSpan::Port).map_err(|_| invalid()),
    };
    Ok(NetworkBinding {
        bind_ip: Name::new(cut(binding.bind_ip.as_deref(), LONGEST_ID)),
        container: span(binding.container_port, binding.container_port_range.as_deref())?,
        host: span(binding.host_port, binding.host_port_range.as_deref())?,
        protocol: match binding.protocol {
            Some(api::TransportProtocol::Udp) => Protocol::Udp,
            _ => Protocol::Tcp,
        },
    })
}
