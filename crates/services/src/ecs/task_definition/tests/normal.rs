use super::*;

#[test]
fn defaults_are_filled_in_as_aws_does() {
    let definition = accept(plain(), &[("c/portMappings", json!([{"containerPort": 80}]))]);
    assert_eq!(
        document(&definition),
        json!({
            "family": "web",
            "containerDefinitions": [{
                "name": "app",
                "image": "nginx",
                "cpu": 0,
                "memory": 128,
                "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}],
                "essential": true,
                "environment": [],
                "mountPoints": [],
                "volumesFrom": [],
                "systemControls": [],
            }],
            "volumes": [],
            "placementConstraints": [],
        })
    );
}

#[test]
fn network_mode_decides_on_the_missing_host_port() {
    for (mode, host) in [("bridge", 0), ("host", 80), ("awsvpc", 80)] {
        let definition = accept(plain(), &[("networkMode", json!(mode)), ("c/portMappings", json!([{"containerPort": 80}]))]);
        assert_eq!(document(&definition)["containerDefinitions"][0]["portMappings"][0]["hostPort"], host);
        assert_eq!(document(&definition)["networkMode"], mode);
    }
    let range = accept(plain(), &[("c/portMappings", json!([{"containerPortRange": "1-2"}]))]);
    let expected = json!([{"containerPortRange": "1-2", "protocol": "tcp"}]);
    assert_eq!(document(&range)["containerDefinitions"][0]["portMappings"], expected);
}

#[test]
fn health_checks_and_volumes_have_defaults_too() {
    let definition = accept(
        plain(),
        &[
            ("c/healthCheck", json!({"command": ["CMD", "true"]})),
            ("volumes", json!([{"name": "a"}, {"name": "b", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}])),
        ],
    );
    let document = document(&definition);
    let check = json!({"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3});
    assert_eq!(document["containerDefinitions"][0]["healthCheck"], check);
    let volumes = json!([
        {"name": "a", "host": {}},
        {"name": "b", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/"}},
    ]);
    assert_eq!(document["volumes"], volumes);
}

#[test]
fn what_was_said_stays() {
    let said = [
        ("c/command", json!([])),
        ("c/entryPoint", json!(["sh", "-c"])),
        ("c/dockerLabels", json!({"b": "1", "a": "2"})),
        ("c/environment", json!([{"name": "A", "value": ""}])),
        ("requiresCompatibilities", json!(["EC2"])),
        ("enableFaultInjection", json!(false)),
        ("runtimePlatform", json!({"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"})),
    ];
    let document = document(&accept(plain(), &said));
    for (pointer, value) in said {
        let pointer = pointer.replace("c/", "containerDefinitions/0/");
        assert_eq!(document.pointer(&format!("/{pointer}")), Some(&value), "{pointer}");
    }
}

#[test]
fn facts_are_what_the_document_says() {
    let definition = accept(
        plain(),
        &[
            ("c/cpu", json!(10)),
            ("c/memoryReservation", json!(64)),
            ("c/portMappings", json!([{"containerPort": 80, "hostPort": 8080}, {"containerPort": 53, "protocol": "udp"}])),
            ("c/resourceRequirements", json!([{"type": "GPU", "value": "2"}])),
            ("placementConstraints", json!([{"type": "memberOf", "expression": "attribute:a == b"}])),
        ],
    );
    let facts = &definition.facts;
    let reservation = facts.reservation();
    assert_eq!((reservation.cpu, reservation.memory, facts.gpu_count()), (10, 64, 2));
    assert_eq!(reservation.ports_tcp.iter().collect::<Vec<_>>(), [8080]);
    assert!(reservation.ports_udp.is_empty());
    assert_eq!(facts.constraints[0].expression.as_deref(), Some("attribute:a == b"));
    assert_eq!((&*facts.containers[0].name, &*facts.containers[0].image), ("app", "nginx"));
}
