//! `DeleteAccountSetting`: gives up a setting of a principal, and answers what holds for it now.

use berth_api::ecs as api;
use berth_api::{Call, Refusal, Target};

use super::EcsService;
use super::account_setting::{self, Principal};
use super::scope::Scope;

pub(super) fn access(_: &EcsService, _: &Call, input: &api::DeleteAccountSettingRequest) -> Vec<Target> {
    account_setting::targets(&input.name)
}

pub(super) async fn run(
    ecs: &EcsService,
    call: &Call,
    input: api::DeleteAccountSettingRequest,
) -> Result<api::DeleteAccountSettingResponse, Refusal> {
    let scope = Scope::of(call)?;
    let principal = Principal::of(scope, call, input.principal_arn.as_deref())?;
    let setting = account_setting::named(&input.name)?;
    let described = ecs
        .update(|tx| {
            account_setting::set(tx, scope, &principal, setting, None);
            Ok(setting.described(&principal, account_setting::effective(tx, scope, &principal, setting)))
        })
        .await?;
    Ok(api::DeleteAccountSettingResponse { setting: Some(described) })
}
