use berth_wire::Timestamp;

use super::*;

fn used(text: &str) -> TaskUsage {
    serde_json::from_str(text).unwrap()
}

fn three_tasks() -> Vec<TaskUsage> {
    let task = |group: &str, node: &str| {
        let container = r#"{"name":"a","cpuUnits":100.0,"memoryMiB":10.0}"#;
        used(&format!(
            r#"{{"taskArn":"arn:aws:ecs:us-east-1:0:task/default/1","definition":"web:1","group":"{group}","node":"{node}",
                "containers":[{container},{container}]}}"#
        ))
    };
    vec![task("service:web", "n1"), task("service:web", "n2"), task("family:web", "n1")]
}

#[test]
fn what_tasks_use_is_added_up_for_nodes_and_services() {
    let resource =
        |name: &str, value| api::Resource { name: Some(name.to_owned()), integer_value: Some(value), ..Default::default() };
    let instance = ContainerInstance {
        container_instance_arn: Some("arn:aws:ecs:us-east-1:0:container-instance/default/n1".to_owned()),
        agent_connected: Some(true),
        registered_resources: Some(vec![resource("CPU", 2048), resource("MEMORY", 4000)]),
        remaining_resources: Some(vec![resource("CPU", 1024), resource("MEMORY", 3500)]),
        ..Default::default()
    };
    let nodes = of_nodes(&[instance], &three_tasks());
    assert_eq!((nodes[0].cpu.used, nodes[0].cpu.reserved, nodes[0].cpu.whole), (400.0, 1024, 2048));
    assert_eq!((nodes[0].memory.used, nodes[0].memory.reserved, nodes[0].memory.whole), (40.0, 500, 4000));
    let service = api::Service { service_name: Some("web".to_owned()), ..Default::default() };
    let services = of_services(&[service], &three_tasks());
    assert_eq!((services[0].cpu_used, services[0].memory_used), (400.0, 40.0));
}

#[test]
fn events_of_all_services_are_in_one_order() {
    let service = |name: &str, moments: &[i64]| {
        let event = |at: &i64| api::ServiceEvent {
            created_at: Some(Timestamp(*at)),
            message: Some(format!("{name} at {at}")),
            ..Default::default()
        };
        api::Service {
            service_name: Some(name.to_owned()),
            events: Some(moments.iter().map(event).collect()),
            ..Default::default()
        }
    };
    let events = events(&[service("web", &[9, 5, 1]), service("api", &[7, 5])]);
    let told: Vec<&str> = events.iter().map(|event| event.message.as_str()).collect();
    assert_eq!(told, ["web at 9", "api at 7", "web at 5", "api at 5", "web at 1"]);
}
