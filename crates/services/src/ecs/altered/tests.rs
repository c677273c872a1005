use berth_api::Caller;
use berth_api::ecs::{Ecs as _, LogConfiguration, LogDriver, Secret};
use berth_store::backend::Memory;
use berth_store::{Options, Store};

use super::*;

const ROLE: &str = "arn:aws:iam::000000000000:role/web";

fn call() -> Call {
    let caller = Caller { arn: "arn:aws:iam::000000000000:user/me".to_owned(), user_id: String::new(), key_id: String::new() };
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

fn container(name: &str) -> api::ContainerDefinition {
    api::ContainerDefinition {
        name: Some(name.to_owned()),
        image: Some("busybox:1".to_owned()),
        memory: Some(64),
        ..Default::default()
    }
}

/// ECS with the cluster `default`, a definition of two containers, and a service of it.
async fn ecs() -> EcsService {
    let ecs = EcsService::new(Store::open(Memory::new(), Options::new("test")).unwrap());
    ecs.make_default_cluster("us-east-1").await.unwrap();
    let definition = RegisterTaskDefinitionRequest {
        family: "web".to_owned(),
        task_role_arn: None,
        execution_role_arn: Some(ROLE.to_owned()),
        container_definitions: vec![container("main"), container("log")],
        tags: Some(vec![api::Tag { key: Some("team".to_owned()), value: Some("red".to_owned()) }]),
        ..Default::default()
    };
    ecs.register_task_definition(&call(), definition).await.unwrap();
    let service = api::CreateServiceRequest {
        service_name: "web".to_owned(),
        task_definition: Some("web".to_owned()),
        desired_count: Some(0),
        ..Default::default()
    };
    ecs.create_service(&call(), service).await.unwrap();
    ecs
}

fn with_images(images: &[(&str, &str)]) -> api::UpdateServiceRequest {
    let images = images.iter().map(|(name, image)| ((*name).to_owned(), (*image).to_owned())).collect();
    api::UpdateServiceRequest { service: "web".to_owned(), berth_images: Some(images), ..Default::default() }
}

/// What an update comes to: the definition that the service has then.
async fn update(ecs: &EcsService, input: api::UpdateServiceRequest) -> Result<String, (&'static str, String)> {
    let refused = |refusal: Refusal| (refusal.error().code, refusal.message().to_owned());
    let service = ecs.update_service(&call(), input).await.map_err(refused)?.service.unwrap();
    Ok(service.task_definition.unwrap().rsplit('/').next().unwrap().to_owned())
}

async fn described(ecs: &EcsService, name: &str) -> api::DescribeTaskDefinitionResponse {
    let include = Some(vec![api::TaskDefinitionField::Tags]);
    let input = api::DescribeTaskDefinitionRequest { task_definition: name.to_owned(), include };
    ecs.describe_task_definition(&call(), input).await.unwrap()
}

#[tokio::test]
async fn images_alone_register_the_revision_that_they_make_once() {
    let ecs = ecs().await;
    for _ in 0..2 {
        assert_eq!(update(&ecs, with_images(&[("main", "busybox:2")])).await.unwrap(), "web:2");
    }
    let (before, after) = (described(&ecs, "web:1").await, described(&ecs, "web").await);
    assert_eq!(after.tags, before.tags);
    let (before, after) = (before.task_definition.unwrap(), after.task_definition.unwrap());
    assert_eq!(after.registered_by.as_deref(), Some("arn:aws:iam::000000000000:user/me"));
    let mut expected = before.container_definitions.clone().unwrap();
    expected[0].image = Some("busybox:2".to_owned());
    let numbered = |definition: api::TaskDefinition| api::TaskDefinition {
        task_definition_arn: None,
        revision: None,
        registered_at: None,
        ..definition
    };
    assert_eq!(numbered(after), numbered(api::TaskDefinition { container_definitions: Some(expected), ..before }));
}

#[tokio::test]
async fn images_are_laid_over_the_definition_that_the_call_names() {
    let ecs = ecs().await;
    assert_eq!(update(&ecs, with_images(&[("main", "busybox:2")])).await.unwrap(), "web:2");
    let input = api::UpdateServiceRequest { task_definition: Some("web:1".to_owned()), ..with_images(&[("log", "busybox:3")]) };
    assert_eq!(update(&ecs, input).await.unwrap(), "web:3");
    let containers = described(&ecs, "web:3").await.task_definition.unwrap().container_definitions.unwrap();
    let images: Vec<_> = containers.iter().filter_map(|container| container.image.as_deref()).collect();
    assert_eq!(images, ["busybox:1", "busybox:3"]);
}

#[tokio::test]
async fn images_that_cannot_be_are_refused_and_register_nothing() {
    let ecs = ecs().await;
    let unknown = "Image for container named db is not a container in the TaskDefinition.";
    let refused = [
        (with_images(&[("main", "busybox:2"), ("db", "x")]), "InvalidParameterException", unknown),
        (with_images(&[("main", "")]), "ClientException", "Container.image should not be null or empty."),
        (with_images(&[("main", "a b")]), "ClientException", "Container.image contains invalid characters."),
        (
            api::UpdateServiceRequest { platform_version: Some("1.4.0".to_owned()), ..with_images(&[("main", "busybox:2")]) },
            "InvalidParameterException",
            "The platform version must be null when specifying an EC2 launch type.",
        ),
    ];
    for (input, code, message) in refused {
        assert_eq!(update(&ecs, input).await, Err((code, message.to_owned())));
    }
    assert_eq!(described(&ecs, "web").await.task_definition.unwrap().revision, Some(1));
    assert_eq!(update(&ecs, with_images(&[])).await.unwrap(), "web:1");
}

#[tokio::test]
async fn who_changes_images_has_to_be_allowed_to_register_them_and_to_pass_the_roles() {
    let ecs = ecs().await;
    let asked = |input: &api::UpdateServiceRequest| -> Vec<(Option<&'static str>, String)> {
        ecs.access_update_service(&call(), input).into_iter().map(|target| (target.action, target.arn)).collect()
    };
    let service = (None, "arn:aws:ecs:us-east-1:000000000000:service/default/web".to_owned());
    let family = (Some("ecs:RegisterTaskDefinition"), "arn:aws:ecs:us-east-1:000000000000:task-definition/web:*".to_owned());
    let role = (Some("iam:PassRole"), ROLE.to_owned());
    assert_eq!(asked(&with_images(&[("main", "busybox:2")])), [service.clone(), family.clone(), role.clone()]);
    assert_eq!(asked(&with_images(&[("main", "busybox:1")])), [service]);
    let overridden = api::RunTaskRequest {
        task_definition: "web".to_owned(),
        overrides: Some(overrides(ContainerOverride { berth_image: Some("busybox:2".to_owned()), ..Default::default() })),
        ..Default::default()
    };
    let targets = ecs.access_run_task(&call(), &overridden);
    let targets: Vec<_> = targets.into_iter().map(|target| (target.action, target.arn)).collect();
    let task = (None, "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1".to_owned());
    assert_eq!(targets, [task, family, role]);
}

/// Overrides of the first container.
fn overrides(given: ContainerOverride) -> api::TaskOverride {
    let given = ContainerOverride { name: Some("main".to_owned()), ..given };
    api::TaskOverride { container_overrides: Some(vec![given]), ..Default::default() }
}

/// What starting a task with overrides of its first container is refused with. There is no machine for one that is in order.
async fn refused(ecs: &EcsService, given: ContainerOverride) -> (&'static str, String) {
    let input =
        api::RunTaskRequest { task_definition: "web".to_owned(), overrides: Some(overrides(given)), ..Default::default() };
    let refusal = ecs.run_task(&call(), input).await.unwrap_err();
    (refusal.error().code, refusal.message().to_owned())
}

#[tokio::test]
async fn overrides_are_checked_as_a_definition_is() {
    let ecs = ecs().await;
    let log = |driver: &str, options: &[(&str, &str)]| ContainerOverride {
        berth_log_configuration: Some(LogConfiguration {
            log_driver: berth_wire::EnumShape::from_text(driver),
            options: Some(options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let image = |image: &str| ContainerOverride { berth_image: Some(image.to_owned()), ..Default::default() };
    let secrets = |name: &str| ContainerOverride {
        berth_secrets: Some(vec![Secret { name: name.to_owned(), value_from: "password".to_owned() }]),
        ..Default::default()
    };
    let none = "No Container Instances were found in your cluster.";
    let cases = [
        (image("busybox:2"), "InvalidParameterException", none),
        (image(""), "ClientException", "Container.image should not be null or empty."),
        (image("a b"), "ClientException", "Container.image contains invalid characters."),
        (log("json-file", &[]), "InvalidParameterException", none),
        (log("awslogs", &[]), "ClientException", "Log driver awslogs requires options: awslogs-region, awslogs-group"),
        (
            log("gelf", &[]),
            "UnsupportedFeatureException",
            "The task definition web:1 with these overrides uses what is not supported yet: logConfiguration.logDriver gelf of \
             container 'main'.",
        ),
        (secrets(""), "ClientException", "Invalid 'secrets' setting for container 'main'."),
        (
            secrets("PASSWORD"),
            "UnsupportedFeatureException",
            "The task definition web:1 with these overrides uses what is not supported yet: secrets of container 'main'.",
        ),
    ];
    for (given, code, message) in cases {
        let shown = format!("{given:?}");
        assert_eq!(refused(&ecs, given).await, (code, message.to_owned()), "{shown}");
    }
}

#[tokio::test]
async fn what_a_definition_lacks_an_override_may_bring() {
    let (image, log) = ("busybox:2".to_owned(), LogConfiguration { log_driver: LogDriver::JsonFile, ..Default::default() });
    let given = ContainerOverride {
        berth_image: Some(image),
        berth_entry_point: Some(vec!["sh".to_owned()]),
        berth_log_configuration: Some(log),
        ..Default::default()
    };
    let registered = api::TaskDefinition {
        family: Some("web".to_owned()),
        container_definitions: Some(vec![container("main"), container("log")]),
        ..Default::default()
    };
    let altered = by_overrides(registered, &overrides(given));
    let defined = task_definition::define(altered, "000000000000".parse().unwrap()).unwrap();
    assert_eq!(defined.facts.containers.iter().map(|facts| &*facts.image).collect::<Vec<_>>(), ["busybox:2", "busybox:1"]);
    let needed: Vec<&str> = defined.facts.requires_attributes.iter().map(|needed| &*needed.name).collect();
    assert!(needed.contains(&"com.amazonaws.ecs.capability.logging-driver.json-file"), "{needed:?}");
    let main = task_definition::parse(&defined.document).unwrap().container_definitions.unwrap().remove(0);
    assert_eq!(main.entry_point, Some(vec!["sh".to_owned()]));
}
