use berth_api::acs::{DesiredStatus, Hidden};
use berth_model::{
    Attribute, Container, ContainerFacts, ContainerId, ContainerLife, Desired, Document, Health, Life, Name, NetworkMode,
    Resources, Tags, TaskId, TaskTimes, ThinVec, Timestamp,
};
use serde_json::{Value, json};

use super::*;
use crate::fixtures;

const ID: &str = "0101010101010101010101010101010101";

fn facts(name: &str) -> ContainerFacts {
    ContainerFacts {
        name: Name::new(name),
        image: Name::new("busybox"),
        essential: true,
        cpu: 0,
        memory: None,
        memory_reservation: None,
        ports: Vec::new(),
        depends_on: Vec::new(),
        gpus: 0,
        health_checked: false,
    }
}

/// A definition with this document, whose containers are called `main` and `side`.
fn definition(document: &Value) -> TaskDefinition {
    let base = fixtures::definition();
    let facts = Facts { containers: vec![facts("main"), facts("side")], ..Facts::clone(&base.facts) };
    TaskDefinition { revision: 3, facts: facts.into(), document: Document::new(document.to_string()), ..base }
}

fn record(definition: &TaskDefinition) -> Task {
    let container = |number: u8| Container {
        id: ContainerId::from_bytes([number; 16]),
        known: ContainerLife::Pending,
        exit_code: None,
        reason: None,
        runtime_id: None,
        image_digest: None,
        bindings: Box::default(),
        health: Health::Unknown,
    };
    Task {
        region: definition.region,
        id: TaskId::from_bytes([1; 16]),
        cluster: Name::new("default"),
        family: definition.family.clone(),
        revision: definition.revision,
        containers: [container(2), container(3)].into(),
        overrides: None,
        launch: LaunchType::Ec2,
        capacity_provider: None,
        platform_version: None,
        group: Name::new("family:web"),
        started_by: None,
        instance: None,
        zone: None,
        life: Life::Pending,
        desired: Desired::Running,
        reservation: Resources::default(),
        version: 1,
        times: TaskTimes {
            created_at: Timestamp::EPOCH,
            pull_started_at: None,
            pull_stopped_at: None,
            execution_stopped_at: None,
        },
        connectivity: None,
        enable_execute_command: false,
        tags: Tags::default(),
        client_token: None,
        attachments: ThinVec::new(),
        ephemeral_storage_gib: None,
        override_cpu: None,
        override_memory: None,
        protected_until: None,
        settled: false,
    }
}

fn names() -> Names {
    Names { account: "000000000000".parse().unwrap() }
}

fn plain() -> Surroundings<'static> {
    Surroundings { interfaces: Vec::new(), log_mode: LogMode::NonBlocking, images: &[] }
}

/// A task of a definition of one container.
fn of(container: &Value) -> acs::Task {
    let definition = definition(&json!({ "containerDefinitions": [container] }));
    task(names(), &record(&definition), &definition, plain(), false).unwrap()
}

/// What goes to Docker of a container.
fn docker(container: &Value) -> (Value, Value) {
    let docker = of(container).containers[0].docker_config.clone().unwrap();
    let read = |text: Option<String>| serde_json::from_str(&text.unwrap()).unwrap();
    (read(docker.config), read(docker.host_config))
}

#[test]
fn task_has_the_names_of_its_account_and_region() {
    let sent = of(&json!({ "name": "main", "image": "busybox" }));
    assert_eq!(sent.arn, format!("arn:aws:ecs:us-east-1:000000000000:task/default/{}", &ID[..32]));
    assert_eq!(sent.task_cluster_arn.as_deref(), Some("arn:aws:ecs:us-east-1:000000000000:cluster/default"));
    assert_eq!((sent.family.as_str(), sent.version.as_str()), ("web", "3"));
    assert_eq!((sent.launch_type.as_deref(), sent.network_mode.as_deref()), (Some("EC2"), Some("bridge")));
    assert_eq!((sent.cpu, sent.memory, sent.service_name), (None, None, None));
    let arn = sent.containers[0].container_arn.clone().unwrap();
    assert!(arn.starts_with(&format!("arn:aws:ecs:us-east-1:000000000000:container/default/{}/02020202-", &ID[..32])), "{arn}");
}

#[test]
fn task_of_a_service_names_it_and_sizes_are_processors_and_mib() {
    let definition = definition(&json!({ "containerDefinitions": [] }));
    let group = Name::new("service:shop");
    let record = Task { group, override_cpu: Some(512), override_memory: Some(1024), ..record(&definition) };
    let sent = task(names(), &record, &definition, plain(), true).unwrap();
    assert_eq!(sent.service_name.as_deref(), Some("shop"));
    assert_eq!((sent.cpu, sent.memory), (Some(0.5), Some(1024)));
    assert_eq!(sent.desired_status, Some(DesiredStatus::Stopped));
}

#[test]
fn members_of_a_container_go_where_the_protocol_has_them() {
    let sent = of(&json!({
        "name": "main", "image": "busybox", "cpu": 10, "memory": 64, "essential": false, "command": ["run"], "entryPoint": [],
        "environment": [{ "name": "A", "value": "1" }, { "name": "B" }], "stopTimeout": 5, "startTimeout": 6,
        "links": ["side:s"], "portMappings": [{ "containerPort": 80, "hostPort": 0, "protocol": "udp" }, { "containerPortRange": "90-99" }],
        "mountPoints": [{ "sourceVolume": "v", "containerPath": "/v", "readOnly": true }], "volumesFrom": [{ "sourceContainer": "side" }],
        "dependsOn": [{ "containerName": "side", "condition": "SUCCESS" }], "credentialSpecs": ["s"],
        "restartPolicy": { "enabled": true, "ignoredExitCodes": [0], "restartAttemptPeriod": 60 },
        "environmentFiles": [{ "value": "arn:aws:s3:::b/f.env", "type": "s3" }],
        "firelensConfiguration": { "type": "fluentbit", "options": { "enable-ecs-log-metadata": "true" } },
    }));
    let expected = json!({
        "name": "main", "image": "busybox", "containerArn": sent.containers[0].container_arn, "cpu": 10, "memory": 64,
        "essential": false, "command": ["run"], "environment": { "A": "1", "B": "" }, "stopTimeout": 5, "startTimeout": 6,
        "links": ["side:s"], "portMappings": [{ "containerPort": 80, "hostPort": 0, "protocol": "udp" }, { "containerPortRange": "90-99" }],
        "mountPoints": [{ "sourceVolume": "v", "containerPath": "/v", "readOnly": true }], "volumesFrom": [{ "sourceContainer": "side" }],
        "dependsOn": [{ "containerName": "side", "condition": "SUCCESS" }], "credentialSpecs": ["s"],
        "restartPolicy": { "enabled": true, "ignoredExitCodes": [0], "restartAttemptPeriod": 60 },
        "environmentFiles": [{ "value": "arn:aws:s3:::b/f.env", "type": "s3" }],
        "firelensConfiguration": { "type": "fluentbit", "options": { "enable-ecs-log-metadata": "true" } },
        "overrides": "{}", "dockerConfig": { "config": "{}", "hostConfig": r#"{"NetworkMode":"bridge"}"#, "version": "1.17" },
    });
    assert_eq!(serde_json::to_value(&sent.containers[0]).unwrap(), expected);
}

#[test]
fn what_the_protocol_has_no_member_for_goes_to_docker() {
    let (config, host) = docker(&json!({
        "name": "main", "image": "busybox", "memory": 64, "memoryReservation": 32, "user": "1:2", "workingDirectory": "/w", "hostname": "h",
        "pseudoTerminal": true, "interactive": true, "disableNetworking": true, "dockerLabels": { "l": "1" }, "privileged": true,
        "readonlyRootFilesystem": true, "dockerSecurityOptions": ["label:x"], "dnsServers": ["1.1.1.1"], "dnsSearchDomains": ["d"],
        "extraHosts": [{ "hostname": "a", "ipAddress": "10.0.0.1" }], "systemControls": [{ "namespace": "net.core.somaxconn", "value": "1" }],
        "ulimits": [{ "name": "nofile", "softLimit": 1, "hardLimit": 2 }],
        "healthCheck": { "command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 1 },
        "linuxParameters": {
            "capabilities": { "add": ["SYS_PTRACE"], "drop": ["ALL"] }, "initProcessEnabled": true, "sharedMemorySize": 1, "maxSwap": 36,
            "swappiness": 60, "tmpfs": [{ "containerPath": "/t", "size": 8, "mountOptions": ["ro", "noexec"] }, { "containerPath": "/u", "size": 1 }],
            "devices": [{ "hostPath": "/dev/a", "permissions": ["read", "mknod"] }, { "hostPath": "/dev/b", "containerPath": "/dev/c" }],
        },
    }));
    let health = json!({ "Test": ["CMD", "true"], "Interval": 30_000_000_000_i64, "Timeout": 5_000_000_000_i64, "Retries": 3, "StartPeriod": 1_000_000_000 });
    let expected = json!({
        "User": "1:2", "WorkingDir": "/w", "Hostname": "h", "Tty": true, "OpenStdin": true, "NetworkDisabled": true, "Labels": { "l": "1" },
        "Healthcheck": health,
    });
    assert_eq!(config, expected);
    let expected = json!({
        "NetworkMode": "bridge", "CapAdd": ["SYS_PTRACE"], "CapDrop": ["ALL"], "Privileged": true, "ReadonlyRootfs": true,
        "SecurityOpt": ["label:x"], "Ulimits": [{ "Name": "nofile", "Soft": 1, "Hard": 2 }], "Dns": ["1.1.1.1"], "DnsSearch": ["d"],
        "ExtraHosts": ["a:10.0.0.1"], "Sysctls": { "net.core.somaxconn": "1" }, "ShmSize": 1_048_576, "MemoryReservation": 33_554_432,
        "MemorySwap": 104_857_600, "MemorySwappiness": 60, "Init": true, "Tmpfs": { "/t": "size=8m,ro,noexec", "/u": "size=1m" },
        "Devices": [
            { "PathOnHost": "/dev/a", "PathInContainer": "/dev/a", "CgroupPermissions": "rm" },
            { "PathOnHost": "/dev/b", "PathInContainer": "/dev/c", "CgroupPermissions": "rwm" },
        ],
    });
    assert_eq!(host, expected);
}

#[test]
fn health_check_is_dockers() {
    let sent = of(&json!({ "name": "main", "image": "busybox", "healthCheck": { "command": ["CMD", "true"] } }));
    assert_eq!(sent.containers[0].health_check_type.as_deref(), Some("docker"));
}

#[test]
fn name_of_a_log_stream_is_made_of_its_prefix() {
    let options = json!({ "awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p" });
    let log = json!({ "logDriver": "awslogs", "options": options });
    let (_, host) = docker(&json!({ "name": "main", "image": "busybox", "logConfiguration": log }));
    let stream = format!("p/main/{}", &ID[..32]);
    let config = json!({
        "awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream": stream, "mode": "non-blocking", "max-buffer-size": "10m",
    });
    assert_eq!(host["LogConfig"], json!({ "Type": "awslogs", "Config": config }));
    let log = json!({ "logDriver": "json-file", "options": { "max-size": "1m" } });
    let (_, host) = docker(&json!({ "name": "main", "image": "busybox", "logConfiguration": log }));
    assert_eq!(host["LogConfig"], json!({ "Type": "json-file", "Config": { "max-size": "1m" } }));
}

#[test]
fn mode_of_a_log_driver_is_the_accounts_where_the_definition_has_none() {
    let sent = |mode: LogMode, options: Value| {
        let log = json!({ "logDriver": "awslogs", "options": options });
        let container = json!({ "name": "main", "image": "busybox", "logConfiguration": log });
        let definition = definition(&json!({ "containerDefinitions": [container] }));
        let sent = task(names(), &record(&definition), &definition, Surroundings { log_mode: mode, ..plain() }, false).unwrap();
        let host: Value =
            serde_json::from_str(sent.containers[0].docker_config.as_ref().unwrap().host_config.as_deref().unwrap()).unwrap();
        host["LogConfig"]["Config"].clone()
    };
    assert_eq!(sent(LogMode::Blocking, json!({})), json!({ "mode": "blocking" }));
    assert_eq!(sent(LogMode::NonBlocking, json!({})), json!({ "mode": "non-blocking", "max-buffer-size": "10m" }));
    let own = json!({ "mode": "non-blocking", "max-buffer-size": "1m" });
    assert_eq!(sent(LogMode::Blocking, own.clone()), own);
    assert_eq!(sent(LogMode::NonBlocking, json!({ "mode": "blocking" })), json!({ "mode": "blocking" }));
}

#[test]
fn docker_version_is_the_highest_that_the_definition_needs() {
    let mut given = definition(&json!({ "containerDefinitions": [{ "name": "main", "image": "busybox" }] }));
    let api = |version: &str| Attribute {
        name: Name::new(&format!("com.amazonaws.ecs.capability.docker-remote-api.{version}")),
        value: None,
    };
    let requires_attributes = ["1.9", "1.25", "1.18"].map(api).to_vec();
    given.facts = Facts { requires_attributes, network_mode: NetworkMode::Awsvpc, ..Facts::clone(&given.facts) }.into();
    let sent = task(names(), &record(&given), &given, plain(), false).unwrap();
    let docker = sent.containers[0].docker_config.clone().unwrap();
    assert_eq!(docker.version.as_deref(), Some("1.25"));
    assert_eq!(docker.host_config.as_deref(), Some("{}"), "the agent sets the network mode of a task with an interface");
}

#[test]
fn overrides_replace_what_they_name_and_leave_the_rest() {
    let environment = json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }]);
    let container = |name: &str| json!({ "name": name, "image": "busybox", "cpu": 1, "memory": 8, "command": ["x"], "environment": environment });
    let definition = definition(&json!({ "containerDefinitions": [container("main"), container("side")] }));
    let changed = json!([{ "name": "B", "value": "3" }, { "name": "C", "value": "4" }]);
    let overrides = json!({ "containerOverrides": [
        { "name": "side", "command": ["y"], "environment": changed, "cpu": 5, "memory": 16, "memoryReservation": 9 },
        { "name": "nobody", "command": ["z"] },
    ]});
    let overrides = Some(Document::new(overrides.to_string()));
    let sent = task(names(), &Task { overrides, ..record(&definition) }, &definition, plain(), false).unwrap();
    let [main, side] = &sent.containers[..] else { panic!("two containers") };
    assert_eq!((main.command.as_deref(), main.cpu, main.memory), (Some(&["x".to_owned()][..]), Some(1), Some(8)));
    assert_eq!((side.command.as_deref(), side.cpu, side.memory), (Some(&["y".to_owned()][..]), Some(5), Some(16)));
    let pairs =
        |pairs: &[(&str, &str)]| Hidden(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    assert_eq!(main.environment, pairs(&[("A", "1"), ("B", "2")]));
    assert_eq!(side.environment, pairs(&[("A", "1"), ("B", "3"), ("C", "4")]));
    assert!(side.docker_config.as_ref().unwrap().host_config.as_ref().unwrap().contains(r#""MemoryReservation":9437184"#));
}

#[test]
fn what_overrides_say_beyond_aws_is_sent_as_if_it_was_defined() {
    let container = |name: &str| json!({ "name": name, "image": "busybox", "entryPoint": ["x"], "command": ["y"] });
    let definition = definition(&json!({ "containerDefinitions": [container("main"), container("side")] }));
    let log = json!({ "logDriver": "json-file", "options": { "max-size": "1m" } });
    let overrides = json!({ "containerOverrides": [
        { "name": "side", "berthImage": "busybox:2", "berthEntryPoint": ["z"], "berthLogConfiguration": log },
    ]});
    let overrides = Some(Document::new(overrides.to_string()));
    let sent = task(names(), &Task { overrides, ..record(&definition) }, &definition, plain(), false).unwrap();
    let [main, side] = &sent.containers[..] else { panic!("two containers") };
    let words = |words: &Option<Vec<String>>| words.clone().unwrap_or_default().join(" ");
    assert_eq!((&*main.image, words(&main.entry_point)), ("busybox", "x".to_owned()));
    assert_eq!((&*side.image, words(&side.entry_point), words(&side.command)), ("busybox:2", "z".to_owned(), "y".to_owned()));
    let host = side.docker_config.as_ref().unwrap().host_config.as_ref().unwrap();
    assert!(host.contains(r#""LogConfig":{"Type":"json-file","Config":{"max-size":"1m"}}"#), "{host}");
}

#[test]
fn registries_and_secrets_are_told_by_their_names() {
    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1";
    let ecr = of(&json!({ "name": "main", "image": image })).containers[0].registry_authentication.clone();
    let expected = json!({ "type": "ecr", "ecrAuthData": { "registryId": "123456789012", "region": "eu-west-1" } });
    assert_eq!(serde_json::to_value(ecr).unwrap(), expected);
    for image in ["busybox", "docker.io/library/busybox", "12.dkr.ecr.eu-west-1.amazonaws.com/app", "a.dkr.ecr.amazonaws.com/app"]
    {
        assert_eq!(of(&json!({ "name": "main", "image": image })).containers[0].registry_authentication, None, "{image}");
    }
    let secret = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:s-XXXXXX";
    let log = json!({ "logDriver": "splunk", "secretOptions": [{ "name": "splunk-token", "valueFrom": "/token" }] });
    let sent = of(&json!({
        "name": "main", "image": image, "repositoryCredentials": { "credentialsParameter": secret }, "logConfiguration": log,
        "secrets": [{ "name": "S", "valueFrom": secret }, { "name": "P", "valueFrom": "/parameter" }],
    }));
    let expected = json!({ "type": "asm", "asmAuthData": { "credentialsParameter": secret, "region": "eu-west-1" } });
    assert_eq!(serde_json::to_value(&sent.containers[0].registry_authentication).unwrap(), expected);
    let told: Vec<[Option<&str>; 3]> =
        sent.containers[0].secrets.iter().map(|s| [s.provider.as_deref(), s.region.as_deref(), s.target.as_deref()]).collect();
    let expected = [
        [Some("asm"), Some("eu-west-1"), Some("CONTAINER")],
        [Some("ssm"), Some("us-east-1"), Some("CONTAINER")],
        [Some("ssm"), Some("us-east-1"), Some("LOG_DRIVER")],
    ];
    assert_eq!(told, expected);
}

#[test]
fn volumes_have_the_kind_that_agents_know() {
    let document = json!({ "containerDefinitions": [], "volumes": [
        { "name": "h", "host": { "sourcePath": "/h" } }, { "name": "e", "host": {} },
        { "name": "d", "dockerVolumeConfiguration": { "scope": "shared", "autoprovision": true, "driver": "local", "labels": { "l": "1" } } },
        { "name": "f", "efsVolumeConfiguration": { "fileSystemId": "fs-1", "transitEncryption": "ENABLED", "authorizationConfig": { "iam": "ENABLED" } } },
        { "name": "a", "configuredAtLaunch": true },
    ]});
    let definition = definition(&document);
    let sent = task(names(), &record(&definition), &definition, plain(), false).unwrap();
    let expected = json!([
        { "name": "h", "type": "host", "host": { "sourcePath": "/h" } }, { "name": "e", "type": "host", "host": {} },
        { "name": "d", "type": "docker",
          "dockerVolumeConfiguration": { "scope": "shared", "autoprovision": true, "driver": "local", "labels": { "l": "1" } } },
        { "name": "f", "type": "efs",
          "efsVolumeConfiguration": { "fileSystemId": "fs-1", "transitEncryption": "ENABLED", "authorizationConfig": { "iam": "ENABLED" } } },
        { "name": "a", "type": "attachment" },
    ]);
    assert_eq!(serde_json::to_value(&sent.volumes).unwrap(), expected);
}

#[test]
fn gpus_are_dealt_out_in_order() {
    let container = |name: &str, gpus: &str| json!({ "name": name, "resourceRequirements": [{ "type": "GPU", "value": gpus }] });
    let given = definition(&json!({ "containerDefinitions": [container("main", "2"), container("side", "9")] }));
    let gpus = ["g0", "g1", "g2"].map(Name::new).into_iter().collect();
    let overrides = json!({ "containerOverrides": [container("side", "1")] });
    let overrides = Some(Document::new(overrides.to_string()));
    let record = Task { reservation: Resources { gpus, ..Resources::default() }, overrides, ..record(&given) };
    let sent = task(names(), &record, &given, plain(), false).unwrap();
    let dealt: Vec<(&str, &str)> = sent.associations.iter().map(|gpu| (gpu.name.as_str(), gpu.containers[0].as_str())).collect();
    assert_eq!(dealt, [("g0", "main"), ("g1", "main"), ("g2", "side")]);
}

#[test]
fn broken_document_is_an_error() {
    let mut given = definition(&json!({}));
    given.document = Document::new("{");
    assert!(task(names(), &record(&given), &given, plain(), false).is_err());
}

#[test]
fn tasks_of_a_deployment_run_what_its_first_task_ran() {
    let image = |given: Value, digest: Option<&str>| {
        let definition = definition(&json!({ "containerDefinitions": [given] }));
        let known = digest.map(|digest| ResolvedImage { container: "main".into(), digest: digest.into() });
        let images = known.as_slice();
        let sent = task(names(), &record(&definition), &definition, Surroundings { images, ..plain() }, false).unwrap();
        sent.containers[0].image.clone()
    };
    let digest = Some("sha256:1");
    assert_eq!(image(json!({ "name": "main", "image": "web" }), digest), "web@sha256:1");
    assert_eq!(image(json!({ "name": "main", "image": "host:5000/a/web:v1" }), digest), "host:5000/a/web@sha256:1");
    assert_eq!(image(json!({ "name": "main", "image": "host:5000/a/web" }), digest), "host:5000/a/web@sha256:1");
    assert_eq!(image(json!({ "name": "main", "image": "web@sha256:2" }), digest), "web@sha256:2");
    assert_eq!(image(json!({ "name": "other", "image": "web:v1" }), digest), "web:v1");
    assert_eq!(image(json!({ "name": "main", "image": "web:v1", "versionConsistency": "disabled" }), digest), "web:v1");
    assert_eq!(image(json!({ "name": "main", "image": "web:v1" }), None), "web:v1");
}
