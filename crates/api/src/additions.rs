//! What Berth's own members of AWS's shapes mean. They stand in `additions/`, in a file that generates them here and teaches them to
//! clients; whoever does not say them is answered without them.

use crate::ecs::{ContainerDefinition, ContainerOverride};

/// Berth's members of ECS's shapes, in the form in which botocore reads them beside its models.
pub const ECS_ADDITIONS: &str = include_str!("../additions/ecs/2014-11-13/service-2.sdk-extras.json");

impl ContainerOverride {
    /// Whether it says anything that AWS's overrides cannot say. As with AWS's, an empty list says nothing.
    #[must_use]
    pub fn has_additions(&self) -> bool {
        self.berth_image.is_some()
            || self.berth_log_configuration.is_some()
            || self.berth_entry_point.as_ref().is_some_and(|words| !words.is_empty())
            || self.berth_secrets.as_ref().is_some_and(|secrets| !secrets.is_empty())
    }

    /// Puts what it says beyond AWS's overrides into its container. A secret replaces the one of its name, or is one more.
    pub fn add_to(&self, container: &mut ContainerDefinition) {
        if let Some(image) = &self.berth_image {
            container.image = Some(image.clone());
        }
        if let Some(words) = self.berth_entry_point.as_ref().filter(|words| !words.is_empty()) {
            container.entry_point = Some(words.clone());
        }
        if let Some(log) = &self.berth_log_configuration {
            container.log_configuration = Some(log.clone());
        }
        for secret in self.berth_secrets.iter().flatten() {
            let secrets = container.secrets.get_or_insert_default();
            secrets.retain(|known| known.name != secret.name);
            secrets.push(secret.clone());
        }
    }
}
