//! `PutQueryDefinition`: a query saved under a name.

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal, Target};
use berth_model::{AttachmentId, Name, QueryDefinition};
use berth_plan::IdSource as _;
use berth_store::QueryDefinitionKey;
use sha2::{Digest as _, Sha256};

use super::LogsService;
use super::scope::Scope;
use crate::document;
use crate::ids::RandomIds;

/// Saved queries of a region, at most.
const MOST: usize = 1000;

pub(super) fn access(_: &api::PutQueryDefinitionRequest) -> Vec<Target> {
    Target::any()
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::PutQueryDefinitionRequest,
) -> Result<api::PutQueryDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let made = match &input.client_token {
        // The same token names the same definition, so a request that comes again changes nothing.
        Some(token) => {
            let digest = Sha256::new().chain_update(scope.region.as_str()).chain_update(token).finalize();
            *digest.first_chunk::<16>().unwrap_or(&[0; 16])
        }
        None => RandomIds::new(&api::SERVICE)?.next(),
    };
    let is_new = input.query_definition_id.is_none();
    let id = input.query_definition_id.unwrap_or_else(|| AttachmentId::from_bytes(made).to_string());
    let definition = api::QueryDefinition {
        query_language: Some(input.query_language.unwrap_or(api::QueryLanguage::Cwli)),
        query_definition_id: Some(id.clone()),
        name: Some(input.name.clone()),
        query_string: Some(input.query_string),
        last_modified: Some(scope.now.as_millis()),
        log_group_names: Some(input.log_group_names.unwrap_or_default()),
        parameters: input.parameters,
    };
    logs.update(|tx| {
        let key = QueryDefinitionKey { region: scope.region, id: Name::new(&id) };
        let known = tx.get::<QueryDefinition>(&key).is_some();
        if !is_new && !known {
            return Err(no_definition());
        }
        if !known && tx.range::<QueryDefinition>(..).filter(|each| each.region == scope.region).count() >= MOST {
            return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
        }
        tx.put(QueryDefinition {
            region: key.region,
            id: key.id,
            name: Name::new(&input.name),
            document: document::write(api::QueryDefinition::PLACE, &definition),
        });
        Ok(api::PutQueryDefinitionResponse { query_definition_id: Some(id) })
    })
    .await
}

/// There is no such definition.
pub(super) fn no_definition() -> Refusal {
    errors::resource_not_found_exception("The specified query definition does not exist.")
}
