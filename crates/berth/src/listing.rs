//! Lists that come in pages, read to their end.

use berth_api::Input;
use berth_api::ecs as api;
use berth_client::{CallError, Client};

/// A call that answers a list in pages.
pub(crate) trait Listing: Input {
    /// What a page lists, and the token of the next one.
    fn page(answer: Self::Output) -> (Vec<String>, Option<String>);

    /// Asks for the page of a token.
    fn turn_to(&mut self, token: String);
}

macro_rules! listings {
    ($($input:ident: $items:ident,)*) => {$(
        impl Listing for api::$input {
            fn page(answer: Self::Output) -> (Vec<String>, Option<String>) {
                (answer.$items.unwrap_or_default(), answer.next_token)
            }

            fn turn_to(&mut self, token: String) {
                self.next_token = Some(token);
            }
        }
    )*};
}

listings! {
    ListClustersRequest: cluster_arns,
    ListContainerInstancesRequest: container_instance_arns,
    ListServicesRequest: service_arns,
    ListTaskDefinitionFamiliesRequest: families,
    ListTaskDefinitionsRequest: task_definition_arns,
    ListTasksRequest: task_arns,
}

/// All that a call lists, over as many pages as there are.
pub(crate) async fn all<L: Listing>(client: &Client, mut input: L) -> Result<Vec<String>, CallError> {
    let mut all = Vec::new();
    loop {
        let (items, next) = L::page(client.call(&input).await?);
        all.extend(items);
        match next {
            Some(token) => input.turn_to(token),
            None => return Ok(all),
        }
    }
}
