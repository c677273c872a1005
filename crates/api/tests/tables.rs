//! What the pipeline relies on in the generated tables.

use std::collections::BTreeSet;

use berth_api::{ecs, logs, sts};
use berth_wire::json::JsonWriter;
use berth_wire::validate::compile_pattern;
use berth_wire::{Kind, Member, Schema, Service, Shape as _};

fn services() -> [&'static Service; 3] {
    [&ecs::SERVICE, &logs::SERVICE, &sts::SERVICE]
}

/// Every schema that a request or an answer reaches, once.
fn schemas(service: &Service) -> Vec<&'static Schema> {
    fn reach(member: &'static Member, seen: &mut BTreeSet<*const Schema>, found: &mut Vec<&'static Schema>) {
        if !seen.insert(std::ptr::from_ref(member.schema)) {
            return;
        }
        found.push(member.schema);
        match &member.schema.kind {
            Kind::Structure(members) => members.iter().for_each(|member| reach(member, seen, found)),
            Kind::List(element) => reach(element, seen, found),
            Kind::Map { key, value } => [key, value].into_iter().for_each(|part| reach(part, seen, found)),
            _ => {}
        }
    }
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for operation in service.operations {
        reach(&operation.input, &mut seen, &mut found);
        reach(&operation.output, &mut seen, &mut found);
    }
    found
}

#[test]
fn all_operations_are_there() {
    assert_eq!((ecs::SERVICE.operations.len(), logs::SERVICE.operations.len(), sts::SERVICE.operations.len()), (77, 113, 1));
}

#[test]
fn operations_are_sorted_and_know_their_place() {
    for service in services() {
        assert!(service.operations.is_sorted_by_key(|operation| operation.name));
        assert!(service.operations.iter().enumerate().all(|(place, operation)| operation.index == place));
        for operation in service.operations {
            assert!(std::ptr::eq(service.operation(operation.name).unwrap(), operation));
        }
    }
}

#[test]
fn every_pattern_can_be_checked() {
    for service in services() {
        let schemas = schemas(service);
        let patterns = schemas.iter().filter_map(|schema| schema.constraints.pattern);
        for pattern in patterns {
            assert!(compile_pattern(pattern).is_ok(), "{}: {pattern} needs an overlay in codegen.toml", service.id);
        }
    }
}

#[test]
fn every_operation_has_an_action_of_its_service() {
    for service in services() {
        for operation in service.operations {
            assert_eq!(operation.access.action, format!("{}:{}", service.iam_prefix, operation.name));
        }
    }
}

#[test]
fn the_overlay_adds_what_agents_send() {
    let register = ecs::SERVICE.operation("RegisterContainerInstance").unwrap();
    assert!(register.input.schema.members().iter().any(|member| member.name == "clientToken"));
}

#[test]
fn secrets_are_not_shown() {
    let environment = ecs::KeyValuePair { name: Some("PASSWORD".into()), value: Some("hunter2".into()) };
    let shown = ecs::ContainerDefinition {
        environment: Some(berth_wire::Redacted(vec![environment])),
        repository_credentials: Some(berth_wire::Redacted(ecs::RepositoryCredentials {
            credentials_parameter: "hunter3".into(),
        })),
        ..Default::default()
    };
    let shown = format!("{shown:?}");
    assert!(!shown.contains("hunter"), "{shown}");
}

#[test]
fn berths_own_members_are_those_of_the_additions_and_are_called_so() {
    let file: serde_json::Value = serde_json::from_str(berth_api::ECS_ADDITIONS).unwrap();
    let added = |shape: &str| -> BTreeSet<String> {
        file["merge"]["shapes"][shape]["members"].as_object().unwrap().keys().cloned().collect()
    };
    let shapes = schemas(&ecs::SERVICE).into_iter().filter(|schema| matches!(schema.kind, Kind::Structure(_)));
    let mut found = Vec::new();
    for shape in shapes {
        let own = shape.members().iter().map(|member| member.name.to_owned()).filter(|name| name.starts_with("berth"));
        let own: BTreeSet<String> = own.collect();
        if !own.is_empty() {
            assert_eq!(own, added(shape.name), "{}", shape.name);
            found.push(shape.name);
        }
    }
    found.sort_unstable();
    assert_eq!(found, ["ContainerOverride", "CreateServiceRequest", "Service", "UpdateServiceRequest"]);
}

#[test]
fn whoever_does_not_say_additions_is_answered_without_them() {
    let given = ecs::ContainerOverride { name: Some("web".into()), command: Some(vec!["env".into()]), ..Default::default() };
    let mut writer = JsonWriter::new();
    given.write(ecs::ContainerOverride::PLACE, &mut writer);
    assert_eq!(writer.into_bytes(), br#"{"name":"web","command":["env"]}"#);
    assert!(!given.has_additions());
}

#[test]
fn additions_replace_what_they_name_and_leave_the_rest() {
    let secret = |name: &str, from: &str| ecs::Secret { name: name.into(), value_from: from.into() };
    let container = ecs::ContainerDefinition {
        image: Some("old".into()),
        entry_point: Some(vec!["old".into()]),
        command: Some(vec!["kept".into()]),
        secrets: Some(vec![secret("A", "1"), secret("B", "2")]),
        ..Default::default()
    };
    let changed = |given: &ecs::ContainerOverride| {
        let mut container = container.clone();
        given.add_to(&mut container);
        container
    };
    let nothing = ecs::ContainerOverride { berth_entry_point: Some(vec![]), berth_secrets: Some(vec![]), ..Default::default() };
    assert!(!nothing.has_additions());
    assert_eq!(changed(&nothing), container);
    let all = ecs::ContainerOverride {
        berth_image: Some("new".into()),
        berth_entry_point: Some(vec!["new".into()]),
        berth_log_configuration: Some(ecs::LogConfiguration::default()),
        berth_secrets: Some(vec![secret("A", "3"), secret("C", "4")]),
        ..Default::default()
    };
    assert!(all.has_additions());
    let expected = ecs::ContainerDefinition {
        image: Some("new".into()),
        entry_point: Some(vec!["new".into()]),
        log_configuration: Some(ecs::LogConfiguration::default()),
        secrets: Some(vec![secret("B", "2"), secret("A", "3"), secret("C", "4")]),
        ..container.clone()
    };
    assert_eq!(changed(&all), expected);
}
