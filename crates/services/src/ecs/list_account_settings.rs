//! `ListAccountSettings`: what a principal has set or, if asked for, all that holds for it; by name, a page at a time.

use berth_api::ecs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_wire::EnumShape as _;

use super::EcsService;
use super::account_setting::{Principal, SETTINGS, effective, own};
use super::scope::Scope;
use crate::page::{self, Pages};

/// Settings of one page, at most.
const MOST: usize = 10;

pub(super) fn access(_: &EcsService, _: &Call, _: &api::ListAccountSettingsRequest) -> Vec<Target> {
    Target::any()
}

pub(super) fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::ListAccountSettingsRequest,
) -> Result<api::ListAccountSettingsResponse, Refusal> {
    let scope = Scope::of(call)?;
    let principal = Principal::of(scope, call, input.principal_arn.as_deref())?;
    let (name, value) = (input.name.as_ref().map(|name| name.as_str()), input.value.as_deref());
    if value.is_some() && name.is_none() {
        return Err(errors::invalid_parameter_exception("A name must be specified with a value."));
    }
    let all = input.effective_settings == Some(true);
    let pages = Pages::of(call, "ListAccountSettings", &[Some(&principal.arn), all.then_some(""), name, value]);
    let after = pages.after(input.next_token.as_deref())?;
    let size = page::size(input.max_results, MOST)?;
    let view = ecs.store.view();
    let listed = SETTINGS
        .iter()
        .filter(|setting| after.as_deref().is_none_or(|after| setting.name > after))
        .filter(|setting| name.is_none_or(|name| setting.name == name))
        .filter_map(|setting| {
            let held =
                if all { Some(effective(&view, scope, &principal, setting)) } else { own(&view, scope, &principal, setting) };
            held.map(|held| (setting, held))
        })
        .filter(|(_, held)| value.is_none_or(|value| *held == value));
    let (settings, next_token) = pages.cut(listed, size, |(setting, _)| setting.name.to_owned());
    let settings = settings.into_iter().map(|(setting, held)| setting.described(&principal, held)).collect();
    Ok(api::ListAccountSettingsResponse { settings: Some(settings), next_token })
}
