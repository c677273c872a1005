use berth_model::LaunchType::{self, Ec2, External, Fargate, ManagedInstances};

use super::*;

fn launches(base: Value, changes: Changes<'_>) -> Vec<LaunchType> {
    accept(base, changes).facts.compatibilities.iter().collect()
}

fn attributes(base: Value, changes: Changes<'_>) -> Vec<String> {
    let definition = accept(base, changes);
    let short = |name: &str| name.replace("com.amazonaws.ecs.capability.", "c.").replace("ecs.capability.", "");
    let mut names: Vec<String> = definition.facts.requires_attributes.iter().map(|a| short(&a.name)).collect();
    names.sort();
    names
}

#[test]
fn compatibility_is_what_validates() {
    let free = |base| changed(base, &[("requiresCompatibilities", Value::Null)]);
    let efs = ("volumes", json!([{"name": "d", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]));
    assert_eq!(launches(plain(), &[]), [Ec2, External]);
    assert_eq!(launches(plain(), &[("networkMode", json!("host"))]), [Ec2, External, ManagedInstances]);
    assert_eq!(launches(plain(), &[efs]), [Ec2]);
    assert_eq!(launches(plain(), &[("c/portMappings", json!([{"containerPort": 80, "appProtocol": "http"}]))]), [Ec2]);
    assert_eq!(launches(plain(), &[("networkMode", json!("awsvpc"))]), [Ec2, ManagedInstances]);
    assert_eq!(launches(free(fargate()), &[]), [Ec2, Fargate, ManagedInstances]);
    assert_eq!(launches(free(fargate()), &[("memory", json!("717"))]), [Ec2, ManagedInstances]);
    let windows = ("runtimePlatform", json!({"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}));
    assert_eq!(launches(free(fargate()), &[windows, ("cpu", json!("1024")), ("memory", json!("2048"))]), [Ec2, Fargate]);
}

#[test]
fn required_compatibility_is_checked() {
    let requires = |launch: &str| ("requiresCompatibilities", json!([launch]));
    accept(plain(), &[requires("EC2")]);
    accept(plain(), &[requires("EXTERNAL")]);
    refuse(
        plain(),
        &[requires("EXTERNAL"), ("networkMode", json!("awsvpc"))],
        "Tasks using the External launch type do not support networkMode 'awsvpc'.",
    );
    refuse(plain(), &[requires("MANAGED_INSTANCES")], "Tasks using Managed Instances do not support networkMode 'bridge'.");
    refuse(plain(), &[requires("LAMBDA")], "Invalid compatibility 'LAMBDA'.");
}

fn role() -> (&'static str, Value) {
    ("executionRoleArn", json!(ROLE))
}

fn ecr() -> (&'static str, Value) {
    ("c/image", json!("123456789012.dkr.ecr.us-east-1.amazonaws.com/app"))
}

fn awslogs(more: &Value) -> (&'static str, Value) {
    let mut options = json!({"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p"});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ("c/logConfiguration", json!({"logDriver": "awslogs", "options": options}))
}

// The next three are descriptions that AWS gave and people published.

#[test]
fn attributes_of_a_fargate_task_with_logs() {
    assert_eq!(attributes(plain(), &[]), Vec::<String>::new());
    assert_eq!(
        attributes(fargate(), &[role(), awslogs(&json!({"awslogs-create-group": "true"}))]),
        [
            "c.docker-remote-api.1.18",
            "c.docker-remote-api.1.19",
            "c.docker-remote-api.1.29",
            "c.logging-driver.awslogs",
            "execution-role-awslogs",
            "task-eni",
        ]
    );
}

#[test]
fn attributes_of_two_containers_on_the_bridge() {
    let nginx = json!({
        "name": "nginx", "image": "nginx", "essential": false,
        "dependsOn": [{"containerName": "app", "condition": "HEALTHY"}],
    });
    let changes = [
        role(),
        ("taskRoleArn", json!(ROLE)),
        ("networkMode", json!("bridge")),
        ("memory", json!("512")),
        ecr(),
        awslogs(&json!({"mode": "non-blocking", "awslogs-create-group": "true", "max-buffer-size": "25m"})),
        ("c/healthCheck", json!({"command": ["CMD-SHELL", "true"]})),
        ("containerDefinitions/1", nginx),
    ];
    assert_eq!(
        attributes(plain(), &changes),
        [
            "c.docker-remote-api.1.17",
            "c.docker-remote-api.1.19",
            "c.docker-remote-api.1.24",
            "c.docker-remote-api.1.28",
            "c.docker-remote-api.1.29",
            "c.ecr-auth",
            "c.logging-driver.awslogs",
            "c.task-iam-role",
            "container-health-check",
            "container-ordering",
            "execution-role-awslogs",
            "execution-role-ecr-pull",
        ]
    );
}

#[test]
fn attributes_of_a_task_with_secrets_and_a_file_system() {
    let secrets = json!([
        {"name": "A", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a"},
        {"name": "B", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/b"},
    ]);
    let efs = json!([{"name": "efs", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}}]);
    let changes = [
        role(),
        ("taskRoleArn", json!(ROLE)),
        ("networkMode", json!("awsvpc")),
        ecr(),
        awslogs(&json!({"mode": "non-blocking"})),
        ("c/secrets", secrets),
        ("c/startTimeout", json!(40)),
        ("c/stopTimeout", json!(15)),
        ("volumes", efs),
    ];
    assert_eq!(
        attributes(plain(), &changes),
        [
            "c.docker-remote-api.1.17",
            "c.docker-remote-api.1.18",
            "c.docker-remote-api.1.19",
            "c.docker-remote-api.1.25",
            "c.docker-remote-api.1.28",
            "c.ecr-auth",
            "c.logging-driver.awslogs",
            "c.task-iam-role",
            "container-ordering",
            "efs",
            "efsAuth",
            "execution-role-awslogs",
            "execution-role-ecr-pull",
            "secrets.asm.environment-variables",
            "secrets.ssm.environment-variables",
            "task-eni",
        ]
    );
}

#[test]
fn attributes_follow_from_members() {
    let cases: &[(Changes<'_>, &[&str])] = &[
        (&[("c/privileged", json!(true))], &["c.privileged-container"]),
        (&[("c/memoryReservation", json!(64))], &["c.docker-remote-api.1.21"]),
        (&[("c/dockerLabels", json!({"a": "b"}))], &["c.docker-remote-api.1.18"]),
        (&[("c/systemControls", json!([{"namespace": "net.a", "value": "1"}]))], &["c.docker-remote-api.1.24"]),
        (&[("c/linuxParameters", json!({"initProcessEnabled": true}))], &["c.docker-remote-api.1.25"]),
        (
            &[("c/linuxParameters", json!({"sharedMemorySize": 1, "maxSwap": 1}))],
            &["c.docker-remote-api.1.22", "c.docker-remote-api.1.24"],
        ),
        (&[("c/dockerSecurityOptions", json!(["label:a", "apparmor:b"]))], &["c.apparmor", "c.selinux"]),
        (&[("c/restartPolicy", json!({"enabled": true}))], &["container-restart-policy"]),
        (&[("c/restartPolicy", json!({"enabled": false}))], &[]),
        (&[("c/portMappings", json!([{"containerPortRange": "1-2"}]))], &["network.container-port-range"]),
        (&[("c/environmentFiles", json!([{"type": "s3", "value": "arn:aws:s3:::b/a.env"}]))], &["env-files.s3"]),
        (&[("c/logConfiguration", json!({"logDriver": "none"}))], &["c.logging-driver.none"]),
        (
            &[("c/logConfiguration", json!({"logDriver": "json-file"}))],
            &["c.docker-remote-api.1.18", "c.logging-driver.json-file"],
        ),
        (&[("taskRoleArn", json!("r")), ("networkMode", json!("host"))], &["c.task-iam-role-network-host"]),
        (&[("pidMode", json!("host"))], &["pid-ipc-namespace-sharing"]),
        (&[("enableFaultInjection", json!(true))], &["fault-injection"]),
        (
            &[("volumes", json!([{"name": "d", "dockerVolumeConfiguration": {"driver": "rexray/ebs:latest"}}]))],
            &["c.docker-remote-api.1.25", "docker-plugin.rexray/ebs.latest"],
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(attributes(plain(), changes), *expected, "{changes:?}");
    }
}
