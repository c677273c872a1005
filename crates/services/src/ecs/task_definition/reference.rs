//! How calls name a revision: `FAMILY`, `FAMILY:REVISION`, or an ARN with or without a revision.

use berth_api::Refusal;
use berth_api::ecs::errors;
use berth_model::{Name, ResourceArn, TaskDefinition};
use berth_store::{RevisionState, Shared, State, TaskDefinitionIndex, TaskDefinitionKey};

use super::rule::{is_plain_name, number, refusal};
use crate::ecs::scope::{Scope, shortened};

/// What the resource part of an ARN begins with.
const KIND: &str = ":task-definition/";

/// A family, or one of its revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ecs) struct Reference {
    /// The family.
    pub(in crate::ecs) family: Name,
    /// The revision; none is the newest ACTIVE one.
    pub(in crate::ecs) revision: Option<u32>,
}

impl Reference {
    /// What a parameter names.
    ///
    /// # Errors
    /// It is none of the forms, or an ARN of elsewhere.
    pub(in crate::ecs) fn parse(scope: Scope, text: &str) -> Result<Self, Refusal> {
        if text.starts_with("arn:") {
            return Self::of_arn(scope, text);
        }
        let (family, revision) = text.split_once(':').map_or((text, None), |(family, revision)| (family, Some(revision)));
        if !is_plain_name(family) {
            return Err(refusal("Family contains invalid characters."));
        }
        let invalid = |text: &str| refusal(format!("Invalid revision number. Number: {}", shortened(text)));
        let revision = revision.map(|text| number(text).ok_or_else(|| invalid(text))).transpose()?;
        Ok(Self { family: Name::new(family), revision })
    }

    fn of_arn(scope: Scope, text: &str) -> Result<Self, Refusal> {
        let has_revision = text.split_once(KIND).is_none_or(|(_, revision)| revision.contains(':'));
        // Without a revision it is no ARN of a resource, but clients write it; any number makes it one.
        let resource = if has_revision { scope.resource(text) } else { scope.resource(&format!("{text}:1")) };
        match resource? {
            ResourceArn::TaskDefinition { family, revision } => Ok(Self { family, revision: has_revision.then_some(revision) }),
            _ => Err(errors::invalid_parameter_exception(format!(
                "Invalid identifier: {} is not a task definition",
                shortened(text)
            ))),
        }
    }

    /// The revision it names.
    pub(in crate::ecs) fn find<'s>(&self, state: &'s State, scope: Scope) -> Option<&'s Shared<TaskDefinition>> {
        match self.revision {
            Some(revision) => state.get(&TaskDefinitionKey { region: scope.region, family: self.family.clone(), revision }),
            None => {
                let active = TaskDefinitionIndex::Family(scope.region, self.family.clone(), RevisionState::Active);
                state.with::<TaskDefinition>(&active, ..).next_back()
            }
        }
    }
}
