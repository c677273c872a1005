use proptest::prelude::*;

use super::*;

fn names() -> impl Strategy<Value = Name> {
    "[a-zA-Z0-9_-]{1,40}".prop_map(Name::from)
}

fn resources() -> impl Strategy<Value = ResourceArn> {
    let ids = any::<[u8; 16]>;
    let clusters = || proptest::option::of(names());
    prop_oneof![
        names().prop_map(|name| ResourceArn::Cluster { name }),
        (names(), 1..u32::MAX).prop_map(|(family, revision)| ResourceArn::TaskDefinition { family, revision }),
        (clusters(), ids()).prop_map(|(cluster, id)| ResourceArn::Task { cluster, id: TaskId::from_bytes(id) }),
        (clusters(), ids()).prop_map(|(cluster, id)| ResourceArn::ContainerInstance { cluster, id: InstanceId::from_bytes(id) }),
        (names(), ids(), ids()).prop_map(|(cluster, task, id)| ResourceArn::Container {
            cluster,
            task: TaskId::from_bytes(task),
            id: ContainerId::from_bytes(id)
        }),
        (clusters(), names()).prop_map(|(cluster, name)| ResourceArn::Service { cluster, name }),
        (names(), names(), ids()).prop_map(|(cluster, service, id)| ResourceArn::ServiceDeployment {
            cluster,
            service,
            id: ServiceDeploymentId::from_bytes(id)
        }),
        (names(), names(), ids()).prop_map(|(cluster, service, id)| ResourceArn::ServiceRevision {
            cluster,
            service,
            id: RevisionId::from_bytes(id)
        }),
        (names(), names(), ids()).prop_map(|(cluster, service, id)| ResourceArn::TaskSet {
            cluster,
            service,
            id: DeploymentId::from_bytes(id)
        }),
        (names(), 1..u32::MAX).prop_map(|(family, revision)| ResourceArn::DaemonTaskDefinition { family, revision }),
        (names(), names()).prop_map(|(cluster, name)| ResourceArn::Daemon { cluster, name }),
        (names(), names(), ids()).prop_map(|(cluster, daemon, id)| ResourceArn::DaemonDeployment {
            cluster,
            daemon,
            id: ServiceDeploymentId::from_bytes(id)
        }),
        (names(), names(), ids()).prop_map(|(cluster, daemon, id)| ResourceArn::DaemonRevision {
            cluster,
            daemon,
            id: RevisionId::from_bytes(id)
        }),
        ids().prop_map(|id| ResourceArn::Attachment { id: AttachmentId::from_bytes(id) }),
        names().prop_map(|name| ResourceArn::CapacityProvider { name }),
    ]
}

proptest! {
    #[test]
    fn parsing_what_is_displayed_gives_the_same(resource in resources(), account in "[0-9]{12}") {
        let arn = Arn { region: Region::new("us-east-1").unwrap(), account: account.parse().unwrap(), resource };
        prop_assert_eq!(arn.to_string().parse::<Arn>().unwrap(), arn);
    }

    #[test]
    fn nothing_makes_the_parser_fail_otherwise_than_by_its_error(text in ".*") {
        if let Ok(arn) = text.parse::<Arn>() {
            prop_assert_eq!(arn.to_string(), text);
        }
    }
}

#[test]
fn old_form_without_a_cluster_is_understood() {
    let text = "arn:aws:ecs:us-east-1:000000000000:task/0123456789abcdef0123456789abcdef";
    let arn: Arn = text.parse().unwrap();
    assert!(matches!(arn.resource, ResourceArn::Task { cluster: None, .. }));
    assert_eq!(arn.to_string(), text);
}

#[test]
fn errors_say_what_is_wrong() {
    let wrong = |text: &str| text.parse::<Arn>().unwrap_err();
    assert!(matches!(wrong("default"), ParseArnError::Form(_)));
    assert!(matches!(wrong("arn:aws-cn:ecs:r:000000000000:cluster/a"), ParseArnError::Partition(_)));
    assert!(matches!(wrong("arn:aws:s3:r:000000000000:cluster/a"), ParseArnError::Service(_)));
    assert!(matches!(wrong("arn:aws:ecs:R:000000000000:cluster/a"), ParseArnError::Region(_)));
    assert!(matches!(wrong("arn:aws:ecs:r:12:cluster/a"), ParseArnError::Account(_)));
    for resource in [
        "cluster",
        "cluster/",
        "cluster/a/b",
        "task-definition/a",
        "task-definition/a:01",
        "task/a/b/c",
        "pod/a",
        "cluster/a b",
        "service-revision/a/b/1",
        "task-set/a/b/ecs-svc/1",
        "task-set/a/b/ecs-svc/0000000000000000001/c",
        "service-deployment/a/0123456789abcdef0123456789abcdef",
    ] {
        let text = format!("arn:aws:ecs:r:000000000000:{resource}");
        assert!(matches!(wrong(&text), ParseArnError::Resource(_)), "{resource}");
    }
}
