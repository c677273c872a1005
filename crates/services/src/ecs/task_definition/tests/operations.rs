//! The operations, over a store in memory.

use std::sync::Arc;

use berth_api::ecs::{
    DeleteTaskDefinitionsRequest, DeregisterTaskDefinitionRequest, DescribeTaskDefinitionRequest, Ecs as _,
    ListTaskDefinitionFamiliesRequest, ListTaskDefinitionsRequest, RegisterTaskDefinitionResponse, SortOrder, Tag,
    TaskDefinition, TaskDefinitionFamilyStatus, TaskDefinitionField, TaskDefinitionStatus,
};
use berth_api::{Call, Caller, Refusal};
use berth_store::backend::Memory;
use berth_store::{Options, Store};
use berth_wire::Timestamp;

use super::*;
use crate::ecs::EcsService;

const USER: &str = "arn:aws:iam::123456789012:user/me";

fn service() -> EcsService {
    let store = Store::open(Memory::new(), Options::new("test")).unwrap();
    EcsService::new(store)
}

fn call_at(millis: i64) -> Call {
    Call {
        request_id: "r".into(),
        region: "us-east-1".into(),
        account: ACCOUNT.into(),
        host: "127.0.0.1:7300".into(),
        caller: Arc::new(Caller { arn: USER.to_owned(), user_id: String::new(), key_id: String::new() }),
        received_at: Timestamp(millis),
        began: std::time::Instant::now(),
    }
}

fn call() -> Call {
    call_at(1_000)
}

async fn register(ecs: &EcsService, family: &str) -> RegisterTaskDefinitionResponse {
    ecs.register_task_definition(&call(), request(&changed(plain(), &[("family", json!(family))]))).await.unwrap()
}

async fn describe(ecs: &EcsService, name: &str) -> Result<TaskDefinition, Refusal> {
    let input = DescribeTaskDefinitionRequest { task_definition: name.to_owned(), include: None };
    ecs.describe_task_definition(&call(), input).await.map(|output| output.task_definition.unwrap())
}

async fn deregister(ecs: &EcsService, name: &str) -> Result<TaskDefinition, Refusal> {
    let input = DeregisterTaskDefinitionRequest { task_definition: name.to_owned() };
    ecs.deregister_task_definition(&call_at(2_000), input).await.map(|output| output.task_definition.unwrap())
}

async fn delete(ecs: &EcsService, names: &[&str]) -> (Vec<String>, Vec<(String, String)>) {
    let input = DeleteTaskDefinitionsRequest { task_definitions: names.iter().map(ToString::to_string).collect() };
    let output = ecs.delete_task_definitions(&call_at(3_000), input).await.unwrap();
    let deleted = output.task_definitions.unwrap().into_iter().map(|found| found.task_definition_arn.unwrap());
    let failures = output.failures.unwrap().into_iter().map(|failure| (failure.arn.unwrap(), failure.reason.unwrap()));
    (deleted.collect(), failures.collect())
}

async fn list(ecs: &EcsService, input: ListTaskDefinitionsRequest) -> (Vec<String>, Option<String>) {
    let output = ecs.list_task_definitions(&call(), input).await.unwrap();
    let short = |arn: String| arn.rsplit('/').next().unwrap().to_owned();
    (output.task_definition_arns.unwrap().into_iter().map(short).collect(), output.next_token)
}

async fn families(ecs: &EcsService, prefix: &str, status: Option<TaskDefinitionFamilyStatus>) -> Vec<String> {
    let input = ListTaskDefinitionFamiliesRequest {
        family_prefix: Some(prefix.to_owned()),
        status,
        ..ListTaskDefinitionFamiliesRequest::default()
    };
    ecs.list_task_definition_families(&call(), input).await.unwrap().families.unwrap()
}

fn said<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (&'static str, String) {
    let refusal = result.unwrap_err();
    (refusal.error().code, refusal.message().to_owned())
}

fn client(message: &str) -> (&'static str, String) {
    ("ClientException", message.to_owned())
}

#[tokio::test]
async fn revisions_count_up_and_are_described() {
    let ecs = service();
    let first = register(&ecs, "web").await.task_definition.unwrap();
    assert_eq!(first.task_definition_arn.as_deref(), Some("arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"));
    assert_eq!((first.revision, first.status.clone()), (Some(1), Some(TaskDefinitionStatus::Active)));
    assert_eq!((first.registered_by.as_deref(), first.registered_at), (Some(USER), Some(Timestamp(1_000))));
    assert_eq!(register(&ecs, "web").await.task_definition.unwrap().revision, Some(2));
    assert_eq!(register(&ecs, "other").await.task_definition.unwrap().revision, Some(1));

    assert_eq!(describe(&ecs, "web:1").await.unwrap(), first);
    assert_eq!(describe(&ecs, "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1").await.unwrap(), first);
    for latest in ["web", "arn:aws:ecs:us-east-1:123456789012:task-definition/web"] {
        assert_eq!(describe(&ecs, latest).await.unwrap().revision, Some(2));
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_described() {
    let ecs = service();
    register(&ecs, "web").await;
    for missing in ["web:2", "we", "arn:aws:ecs:us-east-1:123456789012:task-definition/web:9"] {
        assert_eq!(said(describe(&ecs, missing).await), client("Unable to describe task definition."));
    }
    assert_eq!(said(describe(&ecs, "a b").await), client("Family contains invalid characters."));
    assert_eq!(said(describe(&ecs, "web:x").await), client("Invalid revision number. Number: x"));
    assert_eq!(said(describe(&ecs, "web:+1").await), client("Invalid revision number. Number: +1"));
    for elsewhere in [
        "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1",
        "arn:aws:ecs:us-east-1:999999999999:task-definition/web",
        "arn:aws:ecs:us-east-1:123456789012:cluster/web",
    ] {
        assert_eq!(said(describe(&ecs, elsewhere).await).0, "InvalidParameterException");
    }
}

#[tokio::test]
async fn tags_are_shown_when_asked_for() {
    let ecs = service();
    let mut input = request(&plain());
    input.tags = Some(vec![Tag { key: Some("team".to_owned()), value: Some("blue".to_owned()) }]);
    let output = ecs.register_task_definition(&call(), input.clone()).await.unwrap();
    assert_eq!(output.tags, input.tags);
    assert_eq!(register(&ecs, "untagged").await.tags, None);
    let asked = |include| DescribeTaskDefinitionRequest { task_definition: "web:1".to_owned(), include };
    let with = ecs.describe_task_definition(&call(), asked(Some(vec![TaskDefinitionField::Tags]))).await.unwrap();
    let without = ecs.describe_task_definition(&call(), asked(None)).await.unwrap();
    assert_eq!((with.tags, without.tags), (input.tags.clone(), Some(Vec::new())));
    input.tags = Some(vec![Tag { key: Some("aws:x".to_owned()), value: None }]);
    assert_eq!(said(ecs.register_task_definition(&call(), input).await).0, "InvalidParameterException");
    assert_eq!(said(describe(&ecs, "web:2").await), client("Unable to describe task definition."));
}

#[tokio::test]
async fn deregistered_revision_is_inactive_and_stays_described() {
    let ecs = service();
    register(&ecs, "web").await;
    register(&ecs, "web").await;
    assert_eq!(said(deregister(&ecs, "web").await), client("Revision is missing."));
    assert_eq!(said(deregister(&ecs, "web:3").await), client("The specified task definition does not exist."));
    let gone = deregister(&ecs, "web:2").await.unwrap();
    assert_eq!((gone.status.clone(), gone.deregistered_at), (Some(TaskDefinitionStatus::Inactive), Some(Timestamp(2_000))));
    assert_eq!(deregister(&ecs, "web:2").await.unwrap(), gone);
    assert_eq!(describe(&ecs, "web:2").await.unwrap(), gone);
    assert_eq!(describe(&ecs, "web").await.unwrap().revision, Some(1));
    assert_eq!(register(&ecs, "web").await.task_definition.unwrap().revision, Some(3));
}

#[tokio::test]
async fn only_inactive_revisions_are_deleted() {
    let ecs = service();
    register(&ecs, "web").await;
    register(&ecs, "web").await;
    deregister(&ecs, "web:1").await.unwrap();
    let (deleted, failures) = delete(&ecs, &["web:1", "web:2", "web:9", "web", "a b"]).await;
    assert_eq!(deleted, ["arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"]);
    let reason = |name: &str, reason: &str| (name.to_owned(), reason.to_owned());
    let active = "The specified task definition is still in ACTIVE status. Please deregister the target and try again.";
    let missing = "The specified task definition does not exist. Specify a valid account, family, revision and try again.";
    let invalid = "The specified task definition identifier is invalid. Specify a valid name or ARN and try again.";
    let expected = [reason("web:2", active), reason("web:9", missing), reason("web", invalid), reason("a b", invalid)];
    assert_eq!(failures, expected);

    let gone = describe(&ecs, "web:1").await.unwrap();
    assert_eq!((gone.status, gone.delete_requested_at), (Some(TaskDefinitionStatus::DeleteInProgress), Some(Timestamp(3_000))));
    assert_eq!(delete(&ecs, &["web:1"]).await.0, deleted);
    let message = "The task definition could not be deregistered because it is in the process of being deleted.";
    assert_eq!(said(deregister(&ecs, "web:1").await), client(message));
    for count in [0, 11] {
        let input = DeleteTaskDefinitionsRequest { task_definitions: vec!["web:1".to_owned(); count] };
        assert_eq!(said(ecs.delete_task_definitions(&call(), input).await).0, "InvalidParameterException");
    }
}

#[tokio::test]
async fn revisions_are_listed_by_family_and_number() {
    let ecs = service();
    for _ in 0..11 {
        register(&ecs, "web").await;
    }
    register(&ecs, "app").await;
    register(&ecs, "web2").await;
    deregister(&ecs, "web:4").await.unwrap();
    let all = ListTaskDefinitionsRequest::default();
    let (names, token) = list(&ecs, all.clone()).await;
    assert_eq!((names.len(), names[0].as_str(), names[10].as_str(), names[11].as_str()), (12, "app:1", "web:11", "web2:1"));
    assert_eq!(token, None);
    // The whole name of a family, not a prefix of it.
    let of = |family: &str| ListTaskDefinitionsRequest { family_prefix: Some(family.to_owned()), ..all.clone() };
    assert_eq!(list(&ecs, of("web")).await.0.len(), 10);
    assert_eq!(list(&ecs, of("we")).await.0, Vec::<String>::new());
    let inactive = ListTaskDefinitionsRequest { status: Some(TaskDefinitionStatus::Inactive), ..all.clone() };
    assert_eq!(list(&ecs, inactive).await.0, ["web:4"]);
    let newest = ListTaskDefinitionsRequest { sort: Some(SortOrder::Desc), max_results: Some(2), ..of("web") };
    let (names, token) = list(&ecs, newest.clone()).await;
    assert_eq!(names, ["web:11", "web:10"]);
    let next = ListTaskDefinitionsRequest { next_token: token.clone(), ..newest };
    assert_eq!(list(&ecs, next).await.0, ["web:9", "web:8"]);
    let foreign = ListTaskDefinitionsRequest { next_token: token, ..all };
    assert_eq!(said(ecs.list_task_definitions(&call(), foreign).await).0, "InvalidParameterException");
}

#[tokio::test]
async fn all_pages_together_are_the_list() {
    let ecs = service();
    for _ in 0..3 {
        register(&ecs, "b").await;
        register(&ecs, "a").await;
    }
    for (sort, expected) in [
        (SortOrder::Asc, ["a:1", "a:2", "a:3", "b:1", "b:2", "b:3"]),
        (SortOrder::Desc, ["b:3", "b:2", "b:1", "a:3", "a:2", "a:1"]),
    ] {
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let next_token = token.take();
            let input =
                ListTaskDefinitionsRequest { sort: Some(sort.clone()), max_results: Some(4), next_token, ..Default::default() };
            let (names, next) = list(&ecs, input).await;
            seen.extend(names);
            if next.is_none() {
                break;
            }
            token = next;
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn families_are_listed_by_prefix_and_status() {
    let ecs = service();
    for family in ["web", "web-old", "worker"] {
        register(&ecs, family).await;
    }
    deregister(&ecs, "web-old:1").await.unwrap();
    assert_eq!(families(&ecs, "", None).await, ["web", "web-old", "worker"]);
    assert_eq!(families(&ecs, "web", None).await, ["web", "web-old"]);
    assert_eq!(families(&ecs, "", Some(TaskDefinitionFamilyStatus::Active)).await, ["web", "worker"]);
    assert_eq!(families(&ecs, "", Some(TaskDefinitionFamilyStatus::Inactive)).await, ["web-old"]);
    delete(&ecs, &["web-old:1"]).await;
    assert_eq!(families(&ecs, "", Some(TaskDefinitionFamilyStatus::All)).await, ["web", "web-old", "worker"]);
    let input = ListTaskDefinitionFamiliesRequest { max_results: Some(2), ..ListTaskDefinitionFamiliesRequest::default() };
    let page = ecs.list_task_definition_families(&call(), input.clone()).await.unwrap();
    assert_eq!(page.families.unwrap(), ["web", "web-old"]);
    let next = ListTaskDefinitionFamiliesRequest { next_token: page.next_token, ..input };
    let rest = ecs.list_task_definition_families(&call(), next).await.unwrap();
    assert_eq!((rest.families.unwrap(), rest.next_token), (vec!["worker".to_owned()], None));
}

#[tokio::test]
async fn policies_see_the_definition_and_what_it_asks_for() {
    let ecs = service();
    let targets = ecs.access_register_task_definition(&call(), &request(&changed(fargate(), &[("c/privileged", json!(true))])));
    assert_eq!(targets[0].arn, "arn:aws:ecs:us-east-1:123456789012:task-definition/web:*");
    let context: Vec<_> = targets[0].context.iter().map(|(key, value)| (&**key, value.as_str())).collect();
    assert_eq!(
        context,
        [
            ("ecs:privileged", "true"),
            ("ecs:compute-compatibility", "FARGATE"),
            ("ecs:task-cpu", "256"),
            ("ecs:task-memory", "512"),
        ]
    );
    let mut input = request(&plain());
    input.tags = Some(vec![Tag { key: Some("team".to_owned()), value: Some("blue".to_owned()) }]);
    ecs.register_task_definition(&call(), input).await.unwrap();
    let input = DeleteTaskDefinitionsRequest { task_definitions: vec!["web:1".to_owned(), "web:2".to_owned(), "?".to_owned()] };
    let targets = ecs.access_delete_task_definitions(&call(), &input);
    let arns: Vec<_> = targets.iter().map(|target| target.arn.rsplit('/').next().unwrap()).collect();
    assert_eq!(arns, ["web:1", "web:2", "*"]);
    assert_eq!(targets[0].tags, [("team".to_owned(), "blue".to_owned())]);
}
