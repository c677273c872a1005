use berth_wire::Shape as _;
use berth_wire::json::JsonReader;
use serde_json::{Value, json};

use super::*;

fn task(extra: &Value, container: &Value) -> TaskDefinition {
    let mut json = json!({"family": "web", "networkMode": "host", "containerDefinitions": [{"name": "app", "image": "nginx", "memory": 128}]});
    json.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json["containerDefinitions"][0].as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    TaskDefinition::read(TaskDefinition::PLACE, &mut JsonReader::new(json.to_string().as_bytes())).unwrap()
}

fn said(extra: &Value, container: &Value) -> Vec<String> {
    refused(&task(extra, container), None).iter().map(ToString::to_string).collect()
}

#[test]
fn what_acts_is_not_refused() {
    let extra = json!({
        "executionRoleArn": "arn:aws:iam::000000000000:role/x",
        "cpu": "256",
        "pidMode": "task",
        "ipcMode": "none",
        "memory": "512",
        "requiresCompatibilities": ["EC2"],
        "runtimePlatform": {"operatingSystemFamily": "LINUX"},
        "placementConstraints": [{"type": "memberOf", "expression": "attribute:a == b"}],
        "volumes": [
            {"name": "a"}, {"name": "b", "host": {"sourcePath": "/srv"}},
            {"name": "c", "dockerVolumeConfiguration": {"scope": "shared", "driver": "local"}},
        ],
        "enableFaultInjection": false,
    });
    let container = json!({
        "command": ["a"],
        "entryPoint": ["b"],
        "environment": [{"name": "A", "value": "1"}],
        "workingDirectory": "/",
        "user": "nobody",
        "cpu": 10,
        "memoryReservation": 64,
        "essential": true,
        "dependsOn": [{"containerName": "b", "condition": "START"}, {"containerName": "c", "condition": "HEALTHY"}],
        "healthCheck": {"command": ["CMD", "x"]},
        "restartPolicy": {"enabled": true, "ignoredExitCodes": [0]},
        "startTimeout": 10,
        "stopTimeout": 10,
        "readonlyRootFilesystem": true,
        "privileged": true,
        "hostname": "h",
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}, "secretOptions": []},
        "portMappings": [{"containerPort": 80, "hostPort": 8080, "protocol": "tcp", "name": "web"}, {"containerPortRange": "90-91"}],
        "mountPoints": [{"sourceVolume": "a", "containerPath": "/a"}],
        "volumesFrom": [{"sourceContainer": "b"}],
        "systemControls": [{"namespace": "net.core.somaxconn", "value": "9"}],
        "dockerLabels": {"a": "b"},
        "interactive": true,
        "pseudoTerminal": true,
        "dockerSecurityOptions": ["no-new-privileges"],
        "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 1}],
        "resourceRequirements": [{"type": "GPU", "value": "1"}],
        "linuxParameters": {
            "initProcessEnabled": true,
            "capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]},
            "devices": [{"hostPath": "/dev/fuse"}],
            "tmpfs": [{"containerPath": "/t", "size": 1}],
            "sharedMemorySize": 64,
            "maxSwap": 1,
            "swappiness": 1,
        },
        "disableNetworking": true,
        "links": ["b"],
        "dnsServers": ["10.0.0.2"],
        "dnsSearchDomains": ["lan"],
        "extraHosts": [{"hostname": "h", "ipAddress": "10.0.0.3"}],
    });
    assert_eq!(said(&extra, &container), Vec::<String>::new());
}

#[test]
fn every_network_mode_acts_and_lines_that_belong_together_do_not() {
    for mode in [json!("bridge"), json!("awsvpc"), json!("none"), Value::Null] {
        assert_eq!(said(&json!({ "networkMode": mode }), &json!({})), Vec::<String>::new());
    }
    let format = json!({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-format": "json/emf"}}});
    assert_eq!(said(&json!({}), &format), ["logConfiguration.options.awslogs-format of container 'app'"]);
}

#[test]
fn what_does_not_act_is_named() {
    let none = json!({});
    let of_app = |field: &str| format!("{field} of container 'app'");
    for (extra, field) in [
        (json!({"taskRoleArn": "r"}), "taskRoleArn"),
        (
            json!({"volumes": [{"name": "d", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]}),
            "volumes.efsVolumeConfiguration of volume 'd'",
        ),
        (json!({"volumes": [{"name": "d", "configuredAtLaunch": true}]}), "volumes.configuredAtLaunch of volume 'd'"),
        (
            json!({"volumes": [{"name": "d", "dockerVolumeConfiguration": {"driver": "rexray"}}]}),
            "volumes.dockerVolumeConfiguration.driver rexray of volume 'd'",
        ),
        (json!({"proxyConfiguration": {"containerName": "app"}}), "proxyConfiguration"),
        (json!({"enableFaultInjection": true}), "enableFaultInjection"),
        (
            json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}),
            "runtimePlatform.operatingSystemFamily WINDOWS_SERVER_2022_CORE",
        ),
    ] {
        assert_eq!(said(&extra, &none), [field]);
    }
    for (container, field) in [
        (json!({"logConfiguration": {"logDriver": "syslog"}}), "logConfiguration.logDriver syslog"),
        (json!({"secrets": [{"name": "A", "valueFrom": "a"}]}), "secrets"),
        (
            json!({"dockerSecurityOptions": ["no-new-privileges", "credentialspec:file://x"]}),
            "dockerSecurityOptions credentialspec",
        ),
    ] {
        assert_eq!(said(&none, &container), [of_app(field)]);
    }
}

#[test]
fn overrides_are_looked_at_too() {
    let overrides = TaskOverride {
        ephemeral_storage: Some(api::EphemeralStorage { size_in_gi_b: 21 }),
        task_role_arn: Some("r".to_owned()),
        container_overrides: Some(vec![api::ContainerOverride {
            name: Some("app".to_owned()),
            command: Some(vec!["x".to_owned()]),
            environment_files: Some(vec![api::EnvironmentFile::default()]),
            resource_requirements: Some(vec![api::ResourceRequirement::default()]),
            ..api::ContainerOverride::default()
        }]),
        ..TaskOverride::default()
    };
    let found: Vec<String> = refused(&task(&json!({}), &json!({})), Some(&overrides)).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["overrides.taskRoleArn"]);
}
