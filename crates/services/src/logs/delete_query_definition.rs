//! `DeleteQueryDefinition`.

use berth_api::logs as api;
use berth_api::{Call, Refusal, Target};
use berth_model::{Name, QueryDefinition};
use berth_store::QueryDefinitionKey;

use super::LogsService;
use super::put_query_definition::no_definition;
use super::scope::Scope;

pub(super) fn access(_: &api::DeleteQueryDefinitionRequest) -> Vec<Target> {
    Target::any()
}

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::DeleteQueryDefinitionRequest,
) -> Result<api::DeleteQueryDefinitionResponse, Refusal> {
    let scope = Scope::of(call)?;
    let key = QueryDefinitionKey { region: scope.region, id: Name::new(&input.query_definition_id) };
    logs.update(|tx| {
        let deleted = tx.delete::<QueryDefinition>(&key);
        deleted.map(|_| api::DeleteQueryDefinitionResponse { success: Some(true) }).ok_or_else(no_definition)
    })
    .await
}
