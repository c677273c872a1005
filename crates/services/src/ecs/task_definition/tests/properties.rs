//! For many definitions at once.

use proptest::prelude::*;

use super::*;

prop_compose! {
    fn container(name: &'static str)(
        cpu in proptest::option::of(0..512_i32),
        memory in proptest::option::of(6..2048_i32),
        soft in proptest::option::of(6..1024_i32),
        essential in proptest::option::of(any::<bool>()),
        ports in proptest::collection::vec((1..65_536_u32, proptest::option::of(0..65_536_u32), any::<bool>()), 0..4),
        checked in any::<bool>(),
        environment in proptest::collection::vec(("[A-Z]{1,5}", ".{0,20}"), 0..4),
    ) -> Value {
        let mut container = json!({"name": name, "image": "nginx"});
        for (field, value) in [("cpu", cpu), ("memory", memory), ("memoryReservation", soft)] {
            if let Some(value) = value {
                container[field] = json!(value);
            }
        }
        if let Some(essential) = essential {
            container["essential"] = json!(essential);
        }
        if checked {
            container["healthCheck"] = json!({"command": ["CMD", "true"]});
        }
        container["portMappings"] = ports
            .into_iter()
            .map(|(inner, host, udp)| {
                let mut mapping = json!({"containerPort": inner});
                if let Some(host) = host {
                    mapping["hostPort"] = json!(host);
                }
                if udp {
                    mapping["protocol"] = json!("udp");
                }
                mapping
            })
            .collect();
        container["environment"] = environment.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        container
    }
}

prop_compose! {
    fn definition()(
        first in container("a"),
        second in proptest::option::of(container("b")),
        mode in proptest::option::of(prop_oneof!["bridge", "host", "awsvpc", "none"].prop_map(|mode| mode)),
        cpu in proptest::option::of(prop_oneof![Just("256"), Just(".5 vCPU"), Just("1024")]),
        memory in proptest::option::of(prop_oneof![Just("512"), Just("1GB"), Just("2 GB")]),
        volume in any::<bool>(),
    ) -> Value {
        let mut json = json!({"family": "web", "containerDefinitions": [first]});
        json["containerDefinitions"].as_array_mut().unwrap().extend(second);
        for (field, value) in [("networkMode", mode), ("cpu", cpu.map(str::to_owned)), ("memory", memory.map(str::to_owned))] {
            if let Some(value) = value {
                json[field] = json!(value);
            }
        }
        if volume {
            json["volumes"] = json!([{"name": "data"}]);
        }
        json
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Describing a definition and registering what is described gives the same definition.
    #[test]
    fn normal_form_is_its_own_normal_form(json in definition()) {
        if let Ok(definition) = defined(&json) {
            let again = defined(&document(&definition)).unwrap();
            prop_assert_eq!(again, definition);
        }
    }

    /// A task never reserves more than it says it does.
    #[test]
    fn reservation_stays_in_the_limits_of_the_task(json in definition()) {
        if let Ok(definition) = defined(&json) {
            let facts = definition.facts;
            let reservation = facts.reservation();
            prop_assert!(facts.cpu.is_none_or(|cpu| reservation.cpu <= cpu));
            prop_assert!(facts.memory.is_none_or(|memory| reservation.memory <= memory));
            let sum: u32 = facts.containers.iter().map(|container| container.cpu).sum();
            prop_assert!(facts.cpu.is_none_or(|cpu| sum <= cpu));
            for container in &facts.containers {
                prop_assert!(container.memory.is_none_or(|hard| container.memory_reservation.is_none_or(|soft| soft <= hard)));
                prop_assert!(facts.memory.is_none_or(|most| container.memory.is_none_or(|hard| hard <= most)));
            }
        }
    }

    /// No two containers of a task hold the same host port.
    #[test]
    fn host_ports_are_held_once(json in definition()) {
        if let Ok(definition) = defined(&json) {
            let mappings = || definition.facts.containers.iter().flat_map(|container| &container.ports);
            let held = |port: &&berth_model::PortMapping| port.host_port.is_some_and(|host| host != 0);
            let mut ports: Vec<_> = mappings().filter(held).map(|port| (port.protocol, port.host_port)).collect();
            let all = ports.len();
            ports.sort();
            ports.dedup();
            prop_assert_eq!(ports.len(), all);
        }
    }
}
