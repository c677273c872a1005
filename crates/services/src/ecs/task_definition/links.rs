//! Links between containers, and what may not go round in a circle.

use berth_api::ecs::{ContainerDefinition, RegisterTaskDefinitionRequest};

use super::rule::{Checked, all, name, refusal, require};

/// The rules about links: `NAME` or `NAME:ALIAS` of another container.
pub(super) fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let containers = &request.container_definitions;
    for link in containers.iter().flat_map(|container| all(container.links.as_ref())) {
        let target = target(link);
        if position(containers, target).is_none() {
            return Err(refusal(format!("Invalid 'links' setting. Unknown container: '{target}'.")));
        }
    }
    let targets = |container: &ContainerDefinition| {
        all(container.links.as_ref()).iter().filter_map(|link| position(containers, target(link))).collect()
    };
    require(!has_cycle(containers, targets), || "Container links should not have a cycle")
}

fn target(link: &str) -> &str {
    link.split_once(':').map_or(link, |(target, _)| target)
}

/// A container's place in the list.
pub(super) fn position(containers: &[ContainerDefinition], wanted: &str) -> Option<usize> {
    containers.iter().position(|container| name(container) == wanted)
}

/// Whether a container leads back to itself: takes those away that need nothing left over, until none can be taken.
pub(super) fn has_cycle(containers: &[ContainerDefinition], needs: impl Fn(&ContainerDefinition) -> Vec<usize>) -> bool {
    let mut left: Vec<(usize, Vec<usize>)> = containers.iter().map(needs).enumerate().collect();
    loop {
        let before = left.len();
        let standing: Vec<usize> = left.iter().map(|(at, _)| *at).collect();
        left.retain(|(_, needs)| needs.iter().any(|need| standing.contains(need)));
        if left.len() == before {
            return before > 0;
        }
    }
}
