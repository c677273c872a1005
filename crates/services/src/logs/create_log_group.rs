//! `CreateLogGroup`.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{LogGroup, LogGroupClass, LogGroupId, Name, Tags};
use berth_plan::IdSource as _;
use berth_store::{LogGroupIndex, LogGroupKey};

use super::LogsService;
use super::scope::Scope;
use crate::ids::RandomIds;

/// Groups of a region, at most.
const MOST: usize = 1_000_000;

pub(super) fn access(call: &Call, input: &api::CreateLogGroupRequest) -> Vec<Target> {
    Scope::of(call).map_or_else(|_| Target::any(), |scope| vec![Target::new(scope.stream_arn(&input.log_group_name, ""))])
}

pub(super) async fn run(logs: &LogsService, call: &Call, input: api::CreateLogGroupRequest) -> Result<api::Unit, Refusal> {
    let scope = Scope::of(call)?;
    if input.log_group_name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws/")) {
        return Err(errors::invalid_parameter_exception("Log groups starting with AWS/ are reserved for AWS."));
    }
    if input.kms_key_id.is_some() {
        // There is no key management yet, and so no key.
        return Err(errors::invalid_parameter_exception("The specified KMS Key Id could not be found."));
    }
    let group = LogGroup {
        region: scope.region,
        name: Name::new(&input.log_group_name),
        id: LogGroupId::from_bytes(RandomIds::new(&api::SERVICE)?.next()),
        class: class(input.log_group_class.as_ref())?,
        retention_in_days: None,
        deletion_protection: input.deletion_protection_enabled.unwrap_or(false),
        tags: tags(&input)?,
        created_at: scope.now,
    };
    logs.update(|tx| {
        if tx.get::<LogGroup>(&LogGroupKey { region: group.region, name: group.name.clone() }).is_some() {
            return Err(errors::resource_already_exists_exception("The specified log group already exists"));
        }
        if tx.count::<LogGroup>(&LogGroupIndex::Region(group.region)) >= MOST {
            return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
        }
        tx.put(group);
        Ok(api::Unit {})
    })
    .await
}

fn class(given: Option<&api::LogGroupClass>) -> Result<LogGroupClass, Refusal> {
    match given {
        None | Some(api::LogGroupClass::Standard) => Ok(LogGroupClass::Standard),
        Some(api::LogGroupClass::InfrequentAccess) => Ok(LogGroupClass::InfrequentAccess),
        // Validation has refused texts that the model does not list.
        Some(api::LogGroupClass::Delivery | api::LogGroupClass::Unlisted(_)) => {
            Err(errors::invalid_parameter_exception("The log group class DELIVERY is not supported: it is for Lambda alone."))
        }
    }
}

fn tags(input: &api::CreateLogGroupRequest) -> Result<Tags, Refusal> {
    let tags = input.tags.iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()));
    crate::tags::checked(tags).map_err(|error| errors::invalid_parameter_exception(error.to_string()))
}
