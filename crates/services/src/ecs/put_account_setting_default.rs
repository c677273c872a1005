//! `PutAccountSettingDefault`: sets a setting for all who have not set it themselves, which are root's settings.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::EcsService;
use super::account_setting::{self, Principal};
use super::scope::Scope;

pub(super) fn access(_: &EcsService, _: &Call, input: &api::PutAccountSettingDefaultRequest) -> Vec<Target> {
    account_setting::targets(&input.name)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::PutAccountSettingDefaultRequest,
) -> Result<api::PutAccountSettingDefaultResponse, Refusal> {
    let scope = Scope::of(call)?;
    let setting = account_setting::put(ecs, scope, &Principal::root(scope), (&input.name, &input.value)).await?;
    Ok(api::PutAccountSettingDefaultResponse { setting: Some(setting) })
}
