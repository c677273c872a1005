//! What this agent can do, in the words by which the control plane places tasks.

use berth_api::ecs::Attribute;
use berth_model::node;
use berth_net::Options;

/// The versions of Docker's API whose members of a container it understands.
const DOCKER_API: [&str; 13] =
    ["1.17", "1.18", "1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.25", "1.28", "1.29", "1.30", "1.32"];

/// Those that are named in the older way. Images of ECR run if they were imported under their names.
const OLD_ABILITIES: [&str; 5] =
    ["logging-driver.awslogs", "logging-driver.json-file", "logging-driver.none", "privileged-container", "ecr-auth"];

const ABILITIES: [&str; 10] = [
    "container-health-check",
    "container-ordering",
    "container-restart-policy",
    "docker-plugin.local",
    "env-files.s3",
    "execution-role-awslogs",
    "execution-role-ecr-pull",
    "full-sync",
    "pid-ipc-namespace-sharing",
    "task-cpu-mem-limit",
];

/// What an agent that makes networks can do besides.
const NETWORK_ABILITY: &str = "ecs.capability.network.container-port-range";

/// Whether this machine's kernel confines programs by AppArmor's profiles.
pub(crate) fn has_apparmor() -> bool {
    std::fs::read_to_string("/sys/module/apparmor/parameters/enabled").is_ok_and(|enabled| enabled.trim() == "Y")
}

/// The attributes that an instance of this agent has, of the group of a capacity provider or of none.
pub(crate) fn attributes(makes_networks: bool, apparmor: bool, fargate: Option<&str>, group: Option<&str>) -> Vec<Attribute> {
    let docker = DOCKER_API.iter().map(|version| format!("com.amazonaws.ecs.capability.docker-remote-api.{version}"));
    let old = OLD_ABILITIES
        .iter()
        .chain(apparmor.then_some(&"apparmor"))
        .map(|ability| format!("com.amazonaws.ecs.capability.{ability}"));
    let abilities = ABILITIES.iter().map(|ability| format!("ecs.capability.{ability}"));
    let networks = [node::TASK_ENI, NETWORK_ABILITY].map(str::to_owned).into_iter().filter(|_| makes_networks);
    let named = docker.chain(old).chain(abilities).chain(networks).map(|name| attribute(name, None));
    let ahead = (node::PULL_AHEAD, node::PULL_AHEAD_VERSION);
    let own = makes_networks.then_some((node::AWSVPC, node::AWSVPC_VERSION));
    let fargate = fargate.map(|which| (node::FARGATE, which));
    let group = group.map(|group| (node::CAPACITY_PROVIDER, group));
    let valued = [("ecs.os-type", "linux"), ("ecs.os-family", "LINUX"), ("ecs.cpu-architecture", architecture())];
    named
        .chain(
            valued
                .into_iter()
                .chain([ahead])
                .chain(own)
                .chain(fargate)
                .chain(group)
                .map(|(name, value)| attribute(name.to_owned(), Some(value.to_owned()))),
        )
        .collect()
}

/// What a node with these networks says of Fargate: it takes such tasks if it has ids for them.
pub(crate) fn fargate(networks: Option<&Options>, only: bool) -> Option<&'static str> {
    networks?.ids.as_ref().map(|_| if only { node::FARGATE_ONLY } else { "yes" })
}

fn attribute(name: String, value: Option<String>) -> Attribute {
    Attribute { name, value, ..Attribute::default() }
}

/// As ECS names it.
const fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }
}

#[cfg(test)]
mod tests {
    use berth_net::{IdBlock, Ids};

    use super::*;

    #[test]
    fn fargate_is_offered_by_who_has_ids_for_its_tasks() {
        let installation = "a1b2c3".parse().unwrap();
        let (vpc, bridge) = ("172.31.0.0/16".parse().unwrap(), "10.64.0.0/16".parse().unwrap());
        let ids = Some(Ids { range: IdBlock::COUNT..2 * IdBlock::COUNT, slots: 0 });
        let with = Options { installation, run: "/run".into(), vpc, bridge, slots: 0, mtu: None, ids };
        let without = Options { ids: None, ..with.clone() };
        assert_eq!([fargate(Some(&with), false), fargate(Some(&with), true)], [Some("yes"), Some("only")]);
        assert_eq!([fargate(Some(&without), true), fargate(None, true)], [None, None]);
        let offered =
            |fargate| attributes(true, false, fargate, None).into_iter().find(|attribute| attribute.name == node::FARGATE);
        assert_eq!(offered(Some("only")).unwrap().value.as_deref(), Some("only"));
        assert_eq!(offered(None), None);
    }
}
