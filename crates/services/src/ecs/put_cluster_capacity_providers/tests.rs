use std::sync::Arc;

use berth_api::Caller;
use berth_api::ecs::Ecs as _;
use berth_model::{LaunchType, StopCode, TaskDefinition, Timestamp};
use berth_plan::task::{self, Order};
use berth_store::backend::Memory;
use berth_store::{Options, Store, TaskDefinitionKey, TaskKey};

use super::*;
use crate::ids::RandomIds;

fn call() -> Call {
    let caller = Caller { arn: "arn:aws:iam::000000000000:root".to_owned(), user_id: String::new(), key_id: String::new() };
    Call {
        request_id: "r".into(),
        region: "us-east-1".into(),
        account: "000000000000".into(),
        host: "127.0.0.1:7300".into(),
        caller: Arc::new(caller),
        received_at: berth_wire::Timestamp(1_000),
        began: std::time::Instant::now(),
    }
}

async fn put(ecs: &EcsService, providers: &[&str]) -> Result<Vec<String>, &'static str> {
    let input = api::PutClusterCapacityProvidersRequest {
        cluster: "default".to_owned(),
        capacity_providers: providers.iter().map(ToString::to_string).collect(),
        default_capacity_provider_strategy: Vec::new(),
    };
    let answer = ecs.put_cluster_capacity_providers(&call(), input).await.map_err(|refusal| refusal.error().code)?;
    Ok(answer.cluster.and_then(|cluster| cluster.capacity_providers).unwrap())
}

/// A task of the default cluster that came by a provider.
async fn run(ecs: &EcsService, provider: &str) -> Task {
    let container = api::ContainerDefinition {
        name: Some("main".to_owned()),
        image: Some("busybox".to_owned()),
        ..api::ContainerDefinition::default()
    };
    let definition = api::RegisterTaskDefinitionRequest {
        family: "web".to_owned(),
        cpu: Some("256".to_owned()),
        memory: Some("512".to_owned()),
        network_mode: Some(api::NetworkMode::Awsvpc),
        container_definitions: vec![container],
        ..api::RegisterTaskDefinitionRequest::default()
    };
    ecs.register_task_definition(&call(), definition).await.unwrap();
    let region = Scope::of(&call()).unwrap().region;
    let make = |tx: &mut berth_store::Transaction| {
        let key = TaskDefinitionKey { region, family: "web".into(), revision: 1 };
        let facts = Arc::clone(&tx.get::<TaskDefinition>(&key).unwrap().facts);
        let order = Order {
            capacity_provider: Some(provider.into()),
            ..Order::new(region, "default".into(), ("web".into(), 1), &facts, LaunchType::Fargate)
        };
        let accepted = task::accept(order, Timestamp::EPOCH, &mut RandomIds::new(&api::SERVICE)?);
        tx.put(accepted.clone());
        Ok(accepted)
    };
    ecs.update(make).await.unwrap()
}

#[tokio::test]
async fn provider_of_a_task_stays_until_the_task_is_to_stop() {
    let ecs = EcsService::new(Store::open(Memory::new(), Options::new("test")).unwrap());
    ecs.make_default_cluster("us-east-1").await.unwrap();
    let started = run(&ecs, "FARGATE_SPOT").await;
    assert_eq!(put(&ecs, &["FARGATE"]).await, Err("ResourceInUseException"));
    assert_eq!(put(&ecs, &["FARGATE_SPOT"]).await.unwrap(), ["FARGATE_SPOT"]);
    let stop = |tx: &mut berth_store::Transaction| {
        let key = TaskKey { region: started.region, id: started.id };
        let stopping = tx.get::<Task>(&key).and_then(|task| task::stop(task, StopCode::UserInitiated, "", Timestamp::EPOCH));
        tx.put(stopping.unwrap());
        Ok(())
    };
    ecs.update(stop).await.unwrap();
    assert_eq!(put(&ecs, &[]).await.unwrap(), [] as [&str; 0]);
}
