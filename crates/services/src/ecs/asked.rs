//! What policies may ask about a request for tasks.

use berth_api::Target;
use berth_api::ecs as api;
use berth_store::State;
use berth_wire::EnumShape as _;

use super::scope::Scope;
use super::{capacity, revision};

/// The members of a request that condition keys are about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions<'a> {
    pub(super) definition: Option<&'a str>,
    pub(super) strategy: Option<&'a [api::CapacityProviderStrategyItem]>,
    pub(super) network: Option<&'a api::NetworkConfiguration>,
    pub(super) execute_command: Option<bool>,
    pub(super) managed_tags: Option<bool>,
    pub(super) propagate_tags: Option<&'a api::PropagateTags>,
}

impl Conditions<'_> {
    /// The target with their values.
    pub(super) fn on(self, mut target: Target, state: &State, scope: Scope) -> Target {
        if let Some(found) = self.definition.and_then(|text| revision::to_start(state, scope, text).ok()) {
            target = target.with("ecs:task-definition", scope.task_definition_arn(&found.family, found.revision));
            let (cpu, memory) = (found.facts.cpu, found.facts.memory);
            target = cpu.into_iter().fold(target, |target, cpu| target.with("ecs:task-cpu", cpu.to_string()));
            target = memory.into_iter().fold(target, |target, memory| target.with("ecs:task-memory", memory.to_string()));
        }
        let providers: Vec<String> = self.strategy.into_iter().flatten().map(|item| item.capacity_provider.clone()).collect();
        target = capacity::with_providers(target, scope, &providers);
        if let Some(network) = self.network.and_then(|network| network.awsvpc_configuration.as_ref()) {
            target = network.subnets.iter().fold(target, |target, subnet| target.with("ecs:subnet", subnet));
            let is_public = network.assign_public_ip == Some(api::AssignPublicIp::Enabled);
            target = target.with("ecs:auto-assign-public-ip", is_public.to_string());
        }
        for (key, given) in
            [("ecs:enable-execute-command", self.execute_command), ("ecs:enable-ecs-managed-tags", self.managed_tags)]
        {
            target = given.into_iter().fold(target, |target, given| target.with(key, given.to_string()));
        }
        match self.propagate_tags {
            Some(given) => target.with("ecs:propagate-tags", given.as_str()),
            None => target,
        }
    }
}
