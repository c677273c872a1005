use std::sync::Arc;

use berth_api::Caller;
use berth_api::ecs::Ecs as _;
use berth_store::backend::Memory;
use berth_store::{Options, Store};

use super::*;

const ACCOUNT: &str = "arn:aws:ecs:us-east-1:000000000000";

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

fn web() -> api::CreateServiceRequest {
    api::CreateServiceRequest {
        service_name: "web".to_owned(),
        task_definition: Some("web".to_owned()),
        desired_count: Some(1),
        ..Default::default()
    }
}

/// ECS with the cluster `default` and a definition.
async fn ecs() -> EcsService {
    let ecs = EcsService::new(Store::open(Memory::new(), Options::new("test")).unwrap());
    ecs.make_default_cluster("us-east-1").await.unwrap();
    let definition = api::RegisterTaskDefinitionRequest {
        family: "web".to_owned(),
        cpu: Some("256".to_owned()),
        memory: Some("512".to_owned()),
        container_definitions: vec![api::ContainerDefinition {
            name: Some("main".to_owned()),
            image: Some("busybox".to_owned()),
            ..Default::default()
        }],
        ..Default::default()
    };
    ecs.register_task_definition(&call(), definition).await.unwrap();
    ecs
}

#[tokio::test]
async fn policies_see_what_a_new_service_asks_for() {
    let input = api::CreateServiceRequest {
        capacity_provider_strategy: Some(vec![api::CapacityProviderStrategyItem {
            capacity_provider: "FARGATE".to_owned(),
            ..Default::default()
        }]),
        network_configuration: Some(api::NetworkConfiguration {
            awsvpc_configuration: Some(api::AwsVpcConfiguration { subnets: vec!["subnet-1".to_owned()], ..Default::default() }),
        }),
        enable_execute_command: Some(true),
        enable_ecs_managed_tags: Some(false),
        propagate_tags: Some(api::PropagateTags::Service),
        tags: Some(vec![api::Tag { key: Some("team".to_owned()), value: Some("red".to_owned()) }]),
        ..web()
    };
    let targets = ecs().await.access_create_service(&call(), &input);
    let [target] = targets.as_slice() else { panic!("one target") };
    assert_eq!(target.arn, format!("{ACCOUNT}:service/default/web"));
    let context: Vec<(&str, String)> = target.context.iter().map(|(key, value)| (&**key, value.clone())).collect();
    let expected = [
        ("ecs:cluster", format!("{ACCOUNT}:cluster/default")),
        ("ecs:task-definition", format!("{ACCOUNT}:task-definition/web:1")),
        ("ecs:task-cpu", "256".to_owned()),
        ("ecs:task-memory", "512".to_owned()),
        ("ecs:capacity-provider", format!("{ACCOUNT}:capacity-provider/FARGATE")),
        ("ecs:subnet", "subnet-1".to_owned()),
        ("ecs:auto-assign-public-ip", "false".to_owned()),
        ("ecs:enable-execute-command", "true".to_owned()),
        ("ecs:enable-ecs-managed-tags", "false".to_owned()),
        ("ecs:propagate-tags", "SERVICE".to_owned()),
        ("aws:RequestTag/team", "red".to_owned()),
        ("aws:TagKeys", "team".to_owned()),
    ];
    assert_eq!(context, expected);
}

#[tokio::test]
async fn service_with_the_name_of_one_that_is_gone_has_none_of_its_events() {
    let ecs = ecs().await;
    let made = ecs.create_service(&call(), web()).await.unwrap().service.unwrap();
    let region = Scope::of(&call()).unwrap().region;
    let gone = |tx: &mut Transaction| {
        let key = berth_store::ServiceKey { region, cluster: "default".into(), name: "web".into() };
        let event = berth_model::ServiceEvent {
            region,
            cluster: "default".into(),
            service: "web".into(),
            number: 0,
            id: [1; 16],
            at: Timestamp::from_millis(1_500),
            message: "something happened".into(),
        };
        tx.put(event);
        let status = ServiceStatus::Inactive { at: Timestamp::from_millis(1_600) };
        let inactive = |service: &mut Service| (service.status, service.next_event) = (status, 1);
        assert!(tx.modify(&key, inactive));
        Ok::<_, std::convert::Infallible>(())
    };
    ecs.store.update(gone).await.unwrap();
    let later = Call { received_at: berth_wire::Timestamp(2_000), ..call() };
    let again = ecs.create_service(&later, web()).await.unwrap().service.unwrap();
    assert_eq!(again.status.as_deref(), Some("ACTIVE"));
    assert_ne!(again.current_service_deployment, made.current_service_deployment);
    assert_eq!(again.events, Some(Vec::new()));
    let next = ecs.store.view();
    let stored = service::find(&next, Scope::of(&call()).unwrap(), &"default".into(), &"web".into()).unwrap();
    assert_eq!(stored.next_event, 1);
}
