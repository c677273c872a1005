use std::sync::Arc;

use berth_api::Caller;
use berth_api::ecs::{self as api, Ecs as _};
use berth_store::backend::Memory;
use berth_store::{Options, Store};
use berth_wire::Timestamp;

use super::*;

const CLUSTER: &str = "arn:aws:ecs:us-east-1:000000000000:cluster/web";

fn call() -> Call {
    let caller = Caller { arn: "arn:aws:iam::000000000000:root".to_owned(), user_id: String::new(), key_id: String::new() };
    Call {
        request_id: "r".into(),
        region: "us-east-1".into(),
        account: "000000000000".into(),
        host: "127.0.0.1:7300".into(),
        caller: Arc::new(caller),
        received_at: Timestamp(1_000),
        began: std::time::Instant::now(),
    }
}

fn tag(key: &str, value: &str) -> api::Tag {
    api::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) }
}

/// A service with a cluster that has a tag.
async fn service() -> EcsService {
    let ecs = EcsService::new(Store::open(Memory::new(), Options::new("test")).unwrap());
    let input = api::CreateClusterRequest {
        cluster_name: Some("web".to_owned()),
        tags: Some(vec![tag("team", "blue")]),
        ..api::CreateClusterRequest::default()
    };
    ecs.create_cluster(&call(), input).await.unwrap();
    ecs
}

fn context(target: &Target) -> Vec<(&str, &str)> {
    target.context.iter().map(|(key, value)| (&**key, value.as_str())).collect()
}

#[tokio::test]
async fn policies_see_the_tags_that_are_there_and_those_that_are_set() {
    let input = api::TagResourceRequest { resource_arn: CLUSTER.to_owned(), tags: vec![tag("team", "red"), tag("stage", "")] };
    let targets = service().await.access_tag_resource(&call(), &input);
    assert_eq!(targets.len(), 1);
    assert_eq!(targets[0].arn, CLUSTER);
    assert_eq!(targets[0].tags, [("team".to_owned(), "blue".to_owned())]);
    assert_eq!(
        context(&targets[0]),
        [
            ("ecs:cluster", CLUSTER),
            ("aws:RequestTag/team", "red"),
            ("aws:TagKeys", "team"),
            ("aws:RequestTag/stage", ""),
            ("aws:TagKeys", "stage"),
        ]
    );
}

#[tokio::test]
async fn policies_see_the_keys_that_are_taken_off() {
    let input = api::UntagResourceRequest { resource_arn: CLUSTER.to_owned(), tag_keys: vec!["team".to_owned()] };
    let targets = service().await.access_untag_resource(&call(), &input);
    assert_eq!(context(&targets[0]), [("ecs:cluster", CLUSTER), ("aws:TagKeys", "team")]);
}

#[tokio::test]
async fn name_of_no_resource_is_a_target_all_the_same() {
    let ecs = service().await;
    for arn in ["web", "arn:aws:ecs:us-east-1:111111111111:cluster/web", "arn:aws:ecs:us-east-1:000000000000:service/api"] {
        let input = api::ListTagsForResourceRequest { resource_arn: arn.to_owned() };
        assert_eq!(ecs.access_list_tags_for_resource(&call(), &input), [Target::new(arn)]);
    }
}

#[tokio::test]
async fn policies_see_what_a_new_cluster_may_use() {
    let input = api::CreateClusterRequest {
        cluster_name: Some("new".to_owned()),
        capacity_providers: Some(vec!["FARGATE".to_owned()]),
        ..api::CreateClusterRequest::default()
    };
    let targets = service().await.access_create_cluster(&call(), &input);
    let provider = "arn:aws:ecs:us-east-1:000000000000:capacity-provider/FARGATE";
    assert_eq!(context(&targets[0]), [("ecs:capacity-provider", provider)]);
}

#[tokio::test]
async fn policies_see_the_tags_of_new_tasks() {
    let ecs = service().await;
    let definition = api::RegisterTaskDefinitionRequest {
        family: "web".to_owned(),
        container_definitions: vec![api::ContainerDefinition {
            name: Some("web".to_owned()),
            image: Some("nginx".to_owned()),
            memory: Some(64),
            ..Default::default()
        }],
        ..Default::default()
    };
    ecs.register_task_definition(&call(), definition).await.unwrap();
    let task_definition = "web".to_owned();
    let tags = Some(vec![tag("team", "red")]);
    let run = api::RunTaskRequest { task_definition: task_definition.clone(), tags: tags.clone(), ..Default::default() };
    let start = api::StartTaskRequest { task_definition, tags, ..Default::default() };
    for targets in [ecs.access_run_task(&call(), &run), ecs.access_start_task(&call(), &start)] {
        let seen = context(&targets[0]);
        assert!(seen.contains(&("aws:RequestTag/team", "red")) && seen.contains(&("aws:TagKeys", "team")), "{seen:?}");
    }
}
