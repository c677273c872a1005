//! Account settings: their names, values and defaults, and whose they are.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{AccountSettings, Name};
use berth_store::{AccountSettingsKey, State, Transaction};
use berth_wire::EnumShape as _;

use super::EcsService;
use super::scope::Scope;

/// A setting that exists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    default: &'static str,
    values: Values,
}

/// What a setting may be set to.
#[derive(Debug, PartialEq, Eq)]
enum Values {
    /// One of these.
    Of(&'static [&'static str]),
    /// `enabled`, which it always is.
    LongArn,
    /// Nothing: AWS sets it.
    Managed,
}

const SWITCH: Values = Values::Of(&["enabled", "disabled"]);

/// All settings, by name.
pub(super) static SETTINGS: [Setting; 11] = [
    Setting { name: "awsvpcTrunking", default: "disabled", values: SWITCH },
    Setting { name: "containerInsights", default: "disabled", values: Values::Of(&["enabled", "enhanced", "disabled"]) },
    Setting { name: "containerInstanceLongArnFormat", default: "enabled", values: Values::LongArn },
    Setting { name: "defaultLogDriverMode", default: "non-blocking", values: Values::Of(&["blocking", "non-blocking"]) },
    Setting { name: "fargateEventWindows", default: "disabled", values: SWITCH },
    Setting { name: "fargateFIPSMode", default: "disabled", values: SWITCH },
    Setting { name: WAIT, default: "7", values: Values::Of(&["0", "7", "14"]) },
    Setting { name: "guardDutyActivate", default: "off", values: Values::Managed },
    Setting { name: "serviceLongArnFormat", default: "enabled", values: Values::LongArn },
    Setting { name: "tagResourceAuthorization", default: "on", values: Values::Of(&["on", "off"]) },
    Setting { name: "taskLongArnFormat", default: "enabled", values: Values::LongArn },
];

/// The setting that is root's alone.
const WAIT: &str = "fargateTaskRetirementWaitPeriod";
/// The setting that decides what new clusters have.
pub(super) const INSIGHTS: &str = "containerInsights";

/// The setting that a call names.
pub(super) fn named(name: &api::SettingName) -> Result<&'static Setting, Refusal> {
    let found = SETTINGS.iter().find(|setting| setting.name == name.as_str());
    // Validation has refused names that the model does not list.
    found.ok_or_else(|| invalid("Invalid setting 'name'"))
}

impl Setting {
    /// Whether the account or AWS decides it.
    fn kind(&self) -> api::SettingType {
        match self.values {
            Values::Of(_) | Values::LongArn => api::SettingType::User,
            Values::Managed => api::SettingType::AwsManaged,
        }
    }

    /// Refuses a value that it does not take.
    fn check(&self, principal: &Principal, value: &str) -> Result<(), Refusal> {
        match self.values {
            Values::Of(values) if !values.contains(&value) => Err(invalid("Invalid setting 'value'")),
            Values::Of(_) if self.name == WAIT && !principal.is_root => {
                Err(invalid(format!("The setting {WAIT} must be set for the root user.")))
            }
            Values::LongArn if value == "disabled" => Err(invalid("You can no longer disable Long Arn settings")),
            Values::LongArn if value != "enabled" => Err(invalid("Invalid setting 'value'")),
            Values::Managed => Err(invalid(format!("The setting {} is managed by AWS and cannot be changed.", self.name))),
            Values::Of(_) | Values::LongArn => Ok(()),
        }
    }

    /// The setting with a value, as AWS describes it.
    pub(super) fn described(&self, principal: &Principal, value: &str) -> api::Setting {
        api::Setting {
            name: Some(api::SettingName::from_text(self.name)),
            value: Some(value.to_owned()),
            principal_arn: Some(principal.arn.clone()),
            r#type: Some(self.kind()),
        }
    }
}

/// Whose settings a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Principal {
    pub(super) arn: String,
    is_root: bool,
}

impl Principal {
    /// The account's root, whose settings are everybody's defaults.
    pub(super) fn root(scope: Scope) -> Self {
        Self { arn: format!("arn:aws:iam::{}:root", scope.account), is_root: true }
    }

    /// The principal that a call names, or the caller. Only root may name another.
    pub(super) fn of(scope: Scope, call: &Call, given: Option<&str>) -> Result<Self, Refusal> {
        let root = Self::root(scope);
        let caller = call.caller.arn.as_str();
        let Some(given) = given.filter(|given| !given.is_empty() && *given != caller) else {
            return Ok(Self { arn: caller.to_owned(), is_root: caller == root.arn });
        };
        if caller != root.arn {
            return Err(errors::access_denied_exception(
                "You must be the root user, or the principal itself, to use the account settings of a principal.",
            ));
        }
        let name = given.strip_prefix(&format!("arn:aws:iam::{}:", scope.account)).filter(|_| given.len() <= LONGEST_ARN);
        match name.and_then(|name| name.split_once('/')) {
            Some(("user" | "role", name)) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(Self { arn: given.to_owned(), is_root: false })
            }
            _ => Err(invalid("Invalid principalArn: it must be the root user, a user or a role of this account.")),
        }
    }

    fn key(&self, scope: Scope) -> AccountSettingsKey {
        AccountSettingsKey { region: scope.region, principal: self.arn.as_str().into() }
    }
}

/// Bytes of a principal's ARN, at most.
const LONGEST_ARN: usize = 2048;

/// What a principal has set; nothing where it has not.
pub(super) fn own<'a>(state: &'a State, scope: Scope, principal: &Principal, setting: &Setting) -> Option<&'a str> {
    let settings = state.get::<AccountSettings>(&principal.key(scope))?;
    settings.values.iter().find(|(name, _)| *name == setting.name).map(|(_, value)| &**value)
}

/// What holds for a principal: what it has set, or else root, or else the default.
pub(super) fn effective<'a>(state: &'a State, scope: Scope, principal: &Principal, setting: &Setting) -> &'a str {
    own(state, scope, principal, setting)
        .or_else(|| own(state, scope, &Principal::root(scope), setting))
        .unwrap_or(setting.default)
}

/// Sets a setting of a principal, or gives it up.
pub(super) fn set(tx: &mut Transaction, scope: Scope, principal: &Principal, setting: &Setting, value: Option<&str>) {
    let key = principal.key(scope);
    let known = tx.get::<AccountSettings>(&key).map(|known| known.values.clone()).unwrap_or_default();
    let others = known.into_iter().filter(|(name, _)| *name != setting.name);
    let values: Vec<_> = others.chain(value.map(|value| (Name::new(setting.name), value.into()))).collect();
    if values.is_empty() {
        tx.delete::<AccountSettings>(&key);
    } else {
        tx.put(AccountSettings { region: key.region, principal: key.principal, values });
    }
}

/// Sets a setting, and answers it.
pub(super) async fn put(
    ecs: &EcsService,
    scope: Scope,
    principal: &Principal,
    (name, value): (&api::SettingName, &str),
) -> Result<api::Setting, Refusal> {
    let setting = named(name)?;
    setting.check(principal, value)?;
    ecs.update(|tx| {
        set(tx, scope, principal, setting, Some(value));
        Ok(())
    })
    .await?;
    Ok(setting.described(principal, value))
}

/// What a call touches that changes a setting: no resource, but policies may ask which.
pub(super) fn targets(name: &api::SettingName) -> Vec<Target> {
    vec![Target::new("*").with("ecs:account-setting", name.as_str())]
}

fn invalid(message: impl Into<String>) -> Refusal {
    errors::invalid_parameter_exception(message)
}

#[cfg(test)]
mod tests;
