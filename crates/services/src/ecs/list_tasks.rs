//! `ListTasks`: the ARNs of a cluster's tasks, a page at a time. The narrowest index serves, the other filters are asked of each.

use std::ops::Bound;

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{InstanceId, LaunchType, Name, Task, Timestamp};
use berth_store::{TaskIndex, TaskKey};
use berth_wire::EnumShape as _;

use super::scope::Scope;
use super::{EcsService, cluster, container_instance, daemon, service, task};
use crate::page::{self, Pages};

/// Tasks of one page, at most.
const MOST: usize = 100;

pub(super) fn access(ecs: &EcsService, call: &Call, input: &api::ListTasksRequest) -> Vec<Target> {
    container_instance::target_or_cluster(&ecs.store.view(), call, input.cluster.as_deref(), input.container_instance.as_deref())
}

pub(super) fn run(ecs: &EcsService, call: &Call, input: api::ListTasksRequest) -> Result<api::ListTasksResponse, Refusal> {
    let scope = Scope::of(call)?;
    let filter = Filter::of(scope, &input)?;
    let status = input.desired_status.as_ref().map(berth_wire::EnumShape::as_str);
    let launch = input.launch_type.as_ref().map(berth_wire::EnumShape::as_str);
    let group = filter.group.as_ref().map(Name::as_str);
    let daemon = filter.daemon.as_ref().map(Name::as_str);
    let instance = filter.instance.map(|id| id.to_string());
    let filters = [
        Some(filter.cluster.as_str()),
        instance.as_deref(),
        input.family.as_deref(),
        input.started_by.as_deref(),
        group,
        daemon,
        status,
        launch,
    ];
    let pages = Pages::of(call, "ListTasks", &filters);
    let after =
        pages.after(input.next_token.as_deref())?.map(|last| last.parse().map_err(|_| page::invalid_token())).transpose()?;
    let size = page::size(input.max_results, MOST)?;
    let view = ecs.store.view();
    cluster::active(&view, scope, &filter.cluster)?;
    if let Some(id) = filter.instance {
        container_instance::find(&view, scope, &filter.cluster, id).ok_or_else(container_instance::not_found)?;
    }
    if let Some(name) = &filter.service {
        service::find(&view, scope, &filter.cluster, name).ok_or_else(service::not_found)?;
    }
    let from = after.map_or(Bound::Unbounded, |id| Bound::Excluded(TaskKey { region: scope.region, id }));
    let now = Timestamp::from_millis(call.received_at.0);
    let listed = view.with::<Task>(&filter.index(scope), (from, Bound::Unbounded)).filter(|task| filter.selects(task, now));
    let (tasks, next_token) = pages.cut(listed, size, |last| last.id.to_string());
    Ok(api::ListTasksResponse {
        task_arns: Some(tasks.iter().map(|task| scope.task_arn(&filter.cluster, task.id)).collect()),
        next_token,
    })
}

/// What a caller wants listed.
#[derive(Debug)]
struct Filter {
    cluster: Name,
    instance: Option<InstanceId>,
    family: Option<Name>,
    started_by: Option<Name>,
    service: Option<Name>,
    /// The group of the service's tasks.
    group: Option<Name>,
    launch: Option<String>,
    /// Whether the tasks are meant to run; nothing for PENDING, which no task is meant to be.
    run: Option<bool>,
    /// The group of a daemon's tasks.
    daemon: Option<Name>,
}

impl Filter {
    fn of(scope: Scope, input: &api::ListTasksRequest) -> Result<Self, Refusal> {
        Self::check(input)?;
        let cluster = scope.cluster(input.cluster.as_deref())?;
        let given = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(Name::new);
        let instance = input.container_instance.as_deref().filter(|text| !text.is_empty());
        let service = input.service_name.as_deref().filter(|text| !text.is_empty());
        let service = service.map(|text| scope.service(&cluster, text)).transpose()?;
        Ok(Self {
            instance: instance.map(|text| scope.instance(&cluster, text)).transpose()?,
            cluster,
            family: given(&input.family),
            started_by: given(&input.started_by),
            group: service.as_ref().map(|name| Name::new(&format!("service:{name}"))),
            service,
            launch: input.launch_type.as_ref().map(|launch| launch.as_str().to_owned()),
            run: match input.desired_status {
                None | Some(api::DesiredStatus::Running) => Some(true),
                Some(api::DesiredStatus::Stopped) => Some(false),
                Some(api::DesiredStatus::Pending | api::DesiredStatus::Unlisted(_)) => None,
            },
            daemon: input.daemon_name.as_deref().filter(|text| !text.is_empty()).map(daemon::kept).transpose()?,
        })
    }

    /// AWS looks tasks up by one of these alone.
    fn check(input: &api::ListTasksRequest) -> Result<(), Refusal> {
        let of_any = input.family.is_some() || input.container_instance.is_some();
        let (of_service, of_launch) = (input.service_name.is_some(), input.launch_type.is_some());
        let alone =
            [("startedBy", input.started_by.is_some(), of_any || of_service || of_launch), ("serviceName", of_service, of_any)];
        match alone.iter().find(|(_, given, others)| *given && *others) {
            Some((name, ..)) => Err(errors::invalid_parameter_exception(format!("cannot specify {name} with other arguments"))),
            None => Ok(()),
        }
    }

    fn index(&self, scope: Scope) -> TaskIndex {
        let (region, cluster, run) = (scope.region, || self.cluster.clone(), self.run.unwrap_or(true));
        match (self.instance, &self.started_by, self.group.as_ref().or(self.daemon.as_ref()), &self.family) {
            (Some(instance), _, _, _) => TaskIndex::Instance(instance, run),
            (None, Some(started_by), _, _) => TaskIndex::StartedBy(region, cluster(), started_by.clone(), run),
            (None, None, Some(group), _) => TaskIndex::Group(region, cluster(), group.clone(), run),
            (None, None, None, Some(family)) => TaskIndex::Family(region, cluster(), family.clone(), run),
            (None, None, None, None) => TaskIndex::Cluster(region, cluster(), run),
        }
    }

    fn selects(&self, task: &Task, now: Timestamp) -> bool {
        let agrees = |wanted: &Option<Name>, found: Option<&Name>| wanted.as_ref().is_none_or(|wanted| Some(wanted) == found);
        self.run.is_some()
            && task.cluster == self.cluster
            // The instance of a Fargate task is nobody's affair.
            && (self.instance.is_none() || task.launch != LaunchType::Fargate)
            && agrees(&self.family, Some(&task.family))
            && agrees(&self.started_by, task.started_by.as_ref())
            && agrees(&self.group, Some(&task.group))
            && agrees(&self.daemon, Some(&task.group))
            && self.launch.as_ref().is_none_or(|launch| launch == task.launch.as_str())
            && !task::is_forgotten(task, now)
    }
}
