//! `PutAccountSetting`: sets a setting of the caller or, by root, of any principal.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::EcsService;
use super::account_setting::{self, Principal};
use super::scope::Scope;

pub(super) fn access(_: &EcsService, _: &Call, input: &api::PutAccountSettingRequest) -> Vec<Target> {
    account_setting::targets(&input.name)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::PutAccountSettingRequest,
) -> Result<api::PutAccountSettingResponse, Refusal> {
    let scope = Scope::of(call)?;
    let principal = Principal::of(scope, call, input.principal_arn.as_deref())?;
    let setting = account_setting::put(ecs, scope, &principal, (&input.name, &input.value)).await?;
    Ok(api::PutAccountSettingResponse { setting: Some(setting) })
}
