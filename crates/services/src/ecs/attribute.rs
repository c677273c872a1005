//! Attributes that callers put on container instances.

use berth_api::Refusal;
use berth_api::ecs::{self as api, errors};
use berth_model::{Attribute, ContainerInstance, InstanceId, Name};
use berth_store::Transaction;

use super::container_instance;
use super::scope::{Scope, shortened};

/// Attributes of one call, and custom ones of one instance, at most.
pub(super) const MOST: usize = 10;
/// Characters of a name or a value, at most.
const LONGEST: usize = 128;
/// Names that the agent and the control plane keep for themselves.
const RESERVED: [&str; 3] = ["ecs.", "com.amazonaws.", "berth."];

/// An attribute and the instance that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) target: InstanceId,
    pub(super) name: Name,
    pub(super) value: Option<Name>,
}

/// A caller's attributes on instances of a cluster, checked.
pub(super) fn given(scope: Scope, cluster: &Name, attributes: &[api::Attribute]) -> Result<Vec<Given>, Refusal> {
    if attributes.is_empty() {
        return Err(invalid("Attributes cannot be empty."));
    }
    if attributes.len() > MOST {
        return Err(invalid(format!("Attributes cannot have more than {MOST} entries.")));
    }
    attributes.iter().map(|attribute| one(scope, cluster, attribute)).collect()
}

fn one(scope: Scope, cluster: &Name, attribute: &api::Attribute) -> Result<Given, Refusal> {
    let name = attribute.name.as_str();
    if !is_name(name) {
        return Err(invalid(format!(
            "Invalid attribute name {}: a name has 1 to {LONGEST} letters, digits and -_./\\.",
            shortened(name)
        )));
    }
    if is_reserved(name) {
        return Err(invalid(format!(
            "Invalid attribute name {name}: names that begin with {} are reserved.",
            RESERVED.join(" or ")
        )));
    }
    let value = attribute.value.as_deref();
    if value.is_some_and(|value| !is_value(value)) {
        return Err(invalid(format!(
            "Invalid value of the attribute {name}: a value has 1 to {LONGEST} letters, digits, inner spaces and -_.@/\\:."
        )));
    }
    Ok(Given { target: target(scope, cluster, attribute)?, name: Name::new(name), value: value.map(Name::new) })
}

/// The instance of an attribute: by ARN, or by id with its type.
pub(super) fn target(scope: Scope, cluster: &Name, attribute: &api::Attribute) -> Result<InstanceId, Refusal> {
    let id = attribute.target_id.as_deref().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| invalid("The targetId of an attribute must be specified."))?;
    if attribute.target_type.is_none() && !id.starts_with("arn:") {
        return Err(invalid("The targetType of an attribute must be specified if its targetId is not a full ARN."));
    }
    scope.instance(cluster, id)
}

/// Whether a name is the agent's or the control plane's own.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./\\".contains(&byte))
}

fn is_value(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.trim_matches(' ').len() == text.len()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@/\\: ".contains(&byte))
}

/// Changes the attributes of an instance; one that is left as it was is not written.
pub(super) fn change<T>(
    tx: &mut Transaction,
    scope: Scope,
    cluster: &Name,
    target: InstanceId,
    change: impl FnOnce(&mut Vec<Attribute>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let found = container_instance::find(tx, scope, cluster, target).filter(|found| !container_instance::is_inactive(found));
    let not_found =
        || errors::target_not_found_exception("The specified target was not found. Specify a valid target and try again.");
    let known = found.cloned().ok_or_else(not_found)?;
    let mut attributes = known.attributes.clone();
    let outcome = change(&mut attributes)?;
    if attributes != known.attributes {
        tx.put(ContainerInstance { attributes, version: known.version + 1, ..ContainerInstance::clone(&known) });
    }
    Ok(outcome)
}

/// Sets one attribute, in the place it has or behind the others.
pub(super) fn put(attributes: &mut Vec<Attribute>, name: &Name, value: Option<&Name>) -> Result<(), Refusal> {
    if let Some(known) = attributes.iter_mut().find(|known| known.name == *name) {
        known.value = value.cloned();
        return Ok(());
    }
    if attributes.iter().filter(|known| !is_reserved(&known.name)).count() >= MOST {
        return Err(errors::attribute_limit_exceeded_exception(format!(
            "Too many attributes: a container instance has at most {MOST} custom attributes."
        )));
    }
    attributes.push(Attribute { name: name.clone(), value: value.cloned() });
    Ok(())
}

/// An attribute as answers show it, with the instance that it belongs to.
pub(super) fn described(scope: Scope, cluster: &Name, target: InstanceId, attribute: &Attribute) -> api::Attribute {
    api::Attribute {
        name: attribute.name.to_string(),
        value: attribute.value.as_ref().map(ToString::to_string),
        target_type: None,
        target_id: Some(scope.instance_arn(cluster, target)),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

#[cfg(test)]
mod tests;
