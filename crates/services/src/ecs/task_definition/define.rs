//! From a request to a definition.

use berth_api::Refusal;
use berth_api::ecs::RegisterTaskDefinitionRequest;
use berth_model::{AccountId, Document, Facts};

use super::rule::{Checked, require};
use super::{
    compatibility, containers, dependencies, document, environment, facts, firelens, health, links, linux, logging, network,
    normal, ports, proxy, sizes, task, volumes,
};

/// Bytes of a whole definition, at most.
const LARGEST: usize = 64 * 1024;

/// What is stored of a task definition, besides its number.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ecs) struct Definition {
    /// What is decided on.
    pub(in crate::ecs) facts: Facts,
    /// The normal form, as AWS JSON.
    pub(in crate::ecs) document: Document,
}

/// Checks a request and brings it into its normal form.
///
/// # Errors
/// The first rule that it breaks, in AWS's words.
pub(in crate::ecs) fn define(mut request: RegisterTaskDefinitionRequest, account: AccountId) -> Result<Definition, Refusal> {
    task::check_family(&request)?;
    containers::check_list(&request)?;
    normal::fill(&mut request, account)?;
    check(&request)?;
    let launches = compatibility::launches(&request)?;
    let facts = facts::facts(&request, launches)?;
    let document = document::of(request);
    require(document.len() <= LARGEST, || {
        format!("Actual length: '{}'. Max allowed length is '{LARGEST}' bytes.", document.len())
    })?;
    Ok(Definition { facts, document })
}

fn check(request: &RegisterTaskDefinitionRequest) -> Checked {
    let execution_role = request.execution_role_arn.is_some();
    task::check(request)?;
    sizes::check(request)?;
    network::check(request)?;
    links::check(request)?;
    ports::check(request)?;
    for container in &request.container_definitions {
        containers::check_members(container, execution_role)?;
        environment::check(container, execution_role)?;
        health::check(container)?;
        logging::check(container, execution_role)?;
        linux::check(container)?;
    }
    volumes::check(request)?;
    dependencies::check(request)?;
    firelens::check(request)?;
    proxy::check(request)
}
