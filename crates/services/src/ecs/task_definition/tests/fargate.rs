use berth_model::LaunchType;

use super::*;

fn sized(cpu: u32, memory: u32) -> Value {
    changed(fargate(), &[("cpu", json!(cpu.to_string())), ("memory", json!(memory.to_string()))])
}

#[test]
fn fargate_has_its_sizes() {
    let fits = [
        (256, 512),
        (256, 1024),
        (256, 2048),
        (512, 1024),
        (512, 4096),
        (1024, 2048),
        (1024, 8192),
        (2048, 4096),
        (2048, 16_384),
        (4096, 8192),
        (4096, 30_720),
        (8192, 16_384),
        (8192, 61_440),
        (16_384, 32_768),
        (16_384, 122_880),
    ];
    for (cpu, memory) in fits {
        accept(sized(cpu, memory), &[]);
    }
    for (cpu, memory) in [(256, 4096), (256, 768), (512, 512), (1024, 1024), (8192, 17_408), (16_384, 36_864), (300, 512)] {
        let message = format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for \
             the valid values."
        );
        refuse(sized(cpu, memory), &[], &message);
    }
    refuse(fargate(), &[("cpu", Value::Null)], "Fargate requires that 'cpu' be defined at the task level.");
    refuse(
        fargate(),
        &[("memory", Value::Null), ("c/memory", json!(6))],
        "Fargate requires that 'memory' be defined at the task level.",
    );
}

#[test]
fn windows_on_fargate_has_fewer_sizes() {
    let windows = |architecture: &str| {
        ("runtimePlatform", json!({"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": architecture}))
    };
    accept(sized(1024, 2048), &[windows("X86_64")]);
    let none = |cpu: u32, memory: u32| {
        format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for \
             the valid values."
        )
    };
    refuse(sized(512, 2048), &[windows("X86_64")], &none(512, 2048));
    refuse(sized(1024, 2048), &[windows("ARM64")], &none(1024, 2048));
    accept(fargate(), &[("runtimePlatform", json!({"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"}))]);
}

#[test]
fn fargate_refuses_what_it_cannot_do() {
    let unsupported = |field: &str| format!("Fargate compatible task definitions do not support {field}");
    let linux = |value: Value| ("c/linuxParameters", value);
    let role = ("executionRoleArn", json!(ROLE));
    let log = |options: Value| ("c/logConfiguration", json!({"logDriver": "awslogs", "options": options}));
    let group = json!({"awslogs-group": "g", "awslogs-region": "us-east-1"});
    let ecr = ("c/image", json!("123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"));
    let needs_role = |what: &str| format!("Fargate requires task definition to have execution role ARN to support {what}.");
    let cases: &[(Changes<'_>, String)] = &[
        (&[("networkMode", json!("bridge"))], "Fargate only supports network mode ‘awsvpc’.".to_owned()),
        (&[("networkMode", Value::Null)], "Fargate only supports network mode ‘awsvpc’.".to_owned()),
        (&[("ipcMode", json!("task"))], "Tasks using the Fargate launch type do not support ipcMode.".to_owned()),
        (
            &[("pidMode", json!("host"))],
            "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'."
                .to_owned(),
        ),
        (
            &[("placementConstraints", json!([{"type": "memberOf", "expression": "attribute:a == b"}]))],
            unsupported("constraints"),
        ),
        (&[("volumes", json!([{"name": "d", "dockerVolumeConfiguration": {}}]))], unsupported("dockerVolumeConfiguration")),
        (&[("volumes", json!([{"name": "d", "host": {"sourcePath": "/d"}}]))], unsupported("sourcePath")),
        (&[("c/dockerSecurityOptions", json!(["no-new-privileges"]))], unsupported("dockerSecurityOptions")),
        (&[linux(json!({"devices": [{"hostPath": "/dev/fuse"}]}))], unsupported("devices")),
        (&[linux(json!({"sharedMemorySize": 64}))], unsupported("sharedMemorySize")),
        (&[linux(json!({"maxSwap": 64}))], unsupported("maxSwap")),
        (&[linux(json!({"swappiness": 1}))], unsupported("swappiness")),
        (&[linux(json!({"capabilities": {"add": ["NET_ADMIN"]}}))], "NET_ADMIN is not allowed on Fargate.".to_owned()),
        (
            &[("c/privileged", json!(true))],
            "Fargate requires that the ‘privileged’ setting be ‘false’ at the container level.".to_owned(),
        ),
        (
            &[("c/resourceRequirements", json!([{"type": "GPU", "value": "1"}]))],
            "Tasks using the Fargate launch type do not support GPU resource requirements.".to_owned(),
        ),
        (
            &[("c/stopTimeout", json!(121))],
            "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.".to_owned(),
        ),
        (
            &[("c/logConfiguration", json!({"logDriver": "json-file"}))],
            "json-file is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]".to_owned(),
        ),
        (&[log(group.clone())], needs_role("log driver awslogs")),
        (
            &[role, log(group)],
            "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs."
                .to_owned(),
        ),
        (&[ecr], needs_role("ECR images")),
    ];
    for (changes, message) in cases {
        refuse(fargate(), changes, message);
        let free: Vec<_> = changes.iter().cloned().chain([("requiresCompatibilities", Value::Null)]).collect();
        let definition = accept(fargate(), &free);
        assert!(!definition.facts.compatibilities.contains(LaunchType::Fargate), "{message}");
    }
}

#[test]
fn fargate_allows_what_it_can_do() {
    let cases: &[Changes<'_>] = &[
        &[("pidMode", json!("task"))],
        &[("ephemeralStorage", json!({"sizeInGiB": 21}))],
        &[("ephemeralStorage", json!({"sizeInGiB": 200}))],
        &[("c/stopTimeout", json!(120))],
        &[("c/linuxParameters", json!({"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}, "initProcessEnabled": true}))],
        &[("c/linuxParameters", json!({"tmpfs": [{"containerPath": "/t", "size": 1}]}))],
        &[("volumes", json!([{"name": "d"}, {"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]))],
        &[
            ("executionRoleArn", json!("x")),
            ("c/image", json!("123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1")),
            (
                "c/logConfiguration",
                json!({"logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p"}}),
            ),
        ],
    ];
    for changes in cases {
        accept(fargate(), changes);
    }
}

#[test]
fn ephemeral_storage_is_fargates() {
    let storage = |size: i32| ("ephemeralStorage", json!({"sizeInGiB": size}));
    refuse(fargate(), &[storage(20)], "EphemeralStorage size should be at least 21");
    refuse(fargate(), &[storage(201)], "EphemeralStorage size should be at most 200");
    let ec2 = "Tasks using the EC2 launch type do not support EphemeralStorage.";
    refuse(plain(), &[storage(21), ("requiresCompatibilities", json!(["EC2"]))], ec2);
    refuse(plain(), &[storage(21)], ec2);
    let definition = accept(fargate(), &[storage(21), ("requiresCompatibilities", Value::Null)]);
    assert_eq!(definition.facts.compatibilities, [LaunchType::Fargate].into_iter().collect());
}
