//! An instance's resources in AWS's form: named values of several types, all types always filled in.

use berth_api::Refusal;
use berth_api::ecs::{PlatformDevice, PlatformDeviceType, Resource, errors};
use berth_model::{Name, PortSet, Resources};

/// What an agent says its instance has. `PORTS` are those that the host keeps for itself.
pub(in crate::ecs) fn registered(given: &[Resource], devices: &[PlatformDevice]) -> Result<Resources, Refusal> {
    let mut resources = Resources::default();
    for resource in given {
        match resource.name.as_deref().unwrap_or_default() {
            "CPU" => resources.cpu = amount(resource)?,
            "MEMORY" => resources.memory = amount(resource)?,
            "PORTS" => resources.ports_tcp = ports(resource)?,
            "PORTS_UDP" => resources.ports_udp = ports(resource)?,
            // Resources of hardware that no task can ask for yet.
            _ => {}
        }
    }
    let gpus = devices.iter().filter(|device| device.r#type == PlatformDeviceType::Gpu);
    resources.gpus = gpus.map(|device| Name::new(&device.id)).collect();
    Ok(resources)
}

/// All that an instance has.
pub(super) fn described(resources: &Resources) -> Vec<Resource> {
    let integer = |name: &str, value: u32| Resource {
        integer_value: Some(i32::try_from(value).unwrap_or(i32::MAX)),
        ..of(name, "INTEGER")
    };
    let mut all = vec![
        integer("CPU", resources.cpu),
        integer("MEMORY", resources.memory),
        Resource { string_set_value: Some(texts(&resources.ports_tcp)), ..of("PORTS", "STRINGSET") },
        Resource { string_set_value: Some(texts(&resources.ports_udp)), ..of("PORTS_UDP", "STRINGSET") },
    ];
    if !resources.gpus.is_empty() {
        let gpus = resources.gpus.iter().map(ToString::to_string).collect();
        all.push(Resource { string_set_value: Some(gpus), ..of("GPU", "STRINGSET") });
    }
    all
}

/// What is left for further tasks; of ports, as AWS shows them, those that are taken.
pub(super) fn remaining(registered: &Resources, used: &Resources) -> Vec<Resource> {
    let both = |a: &PortSet, b: &PortSet| -> PortSet { a.iter().chain(b.iter()).collect() };
    described(&Resources {
        cpu: registered.cpu.saturating_sub(used.cpu),
        memory: registered.memory.saturating_sub(used.memory),
        ports_tcp: both(&registered.ports_tcp, &used.ports_tcp),
        ports_udp: both(&registered.ports_udp, &used.ports_udp),
        gpus: registered.gpus.iter().filter(|gpu| !used.gpus.contains(gpu)).cloned().collect(),
        // AWS does not show how many interfaces there is room for.
        interfaces: 0,
    })
}

fn of(name: &str, kind: &str) -> Resource {
    Resource {
        name: Some(name.to_owned()),
        r#type: Some(kind.to_owned()),
        double_value: Some(0.0),
        long_value: Some(0),
        integer_value: Some(0),
        string_set_value: None,
    }
}

fn texts(ports: &PortSet) -> Vec<String> {
    ports.iter().map(|port| port.to_string()).collect()
}

fn invalid(resource: &Resource, what: &str) -> Refusal {
    let name = resource.name.as_deref().unwrap_or_default();
    errors::invalid_parameter_exception(format!("Invalid value of the resource {name}: {what}."))
}

/// By its type: agents fill in the value of the type and leave the others at zero.
fn amount(resource: &Resource) -> Result<u32, Refusal> {
    let value = match resource.r#type.as_deref() {
        Some("LONG") => resource.long_value,
        Some("DOUBLE") => {
            resource.double_value.filter(|value| value.fract() == 0.0 && value.abs() < f64::from(u32::MAX)).map(whole)
        }
        _ => resource.integer_value.map(i64::from),
    };
    value.and_then(|value| u32::try_from(value).ok()).ok_or_else(|| invalid(resource, "a whole number of 0 or more is wanted"))
}

/// A number without fraction below 2^32.
#[expect(clippy::cast_possible_truncation, reason = "the caller has checked the range")]
const fn whole(value: f64) -> i64 {
    value as i64
}

fn ports(resource: &Resource) -> Result<PortSet, Refusal> {
    let texts = resource.string_set_value.iter().flatten();
    texts
        .map(|text| text.parse::<u16>().map_err(|cause| invalid(resource, "ports are numbers up to 65535").because(cause)))
        .collect()
}
