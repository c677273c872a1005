//! The Security Token Service: so far, who you are.

use berth_api::sts::{GetCallerIdentityRequest, GetCallerIdentityResponse, Sts};
use berth_api::{Call, Refusal};

/// STS. It holds nothing: all it answers is in the call.
#[derive(Debug)]
pub struct StsService;

impl Sts for StsService {
    async fn get_caller_identity(&self, call: &Call, _: GetCallerIdentityRequest) -> Result<GetCallerIdentityResponse, Refusal> {
        Ok(GetCallerIdentityResponse {
            user_id: Some(call.caller.user_id.clone()),
            account: Some(call.account.to_string()),
            arn: Some(call.caller.arn.clone()),
        })
    }
}
