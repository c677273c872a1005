use super::*;

#[test]
fn family_is_a_plain_name() {
    let long = "f".repeat(256);
    table(
        &[&[("family", json!("a-B_9"))], &[("family", json!("f".repeat(255)))]],
        &[
            (&[("family", json!(""))], "Family should not be null or empty."),
            (&[("family", json!("a b"))], "Family contains invalid characters."),
            (&[("family", json!("テスト"))], "Family contains invalid characters."),
            (&[("family", json!(long))], "Family should not be longer than 255 characters."),
        ],
    );
}

#[test]
fn containers_have_a_name_and_an_image() {
    let long = "n".repeat(256);
    table(
        &[
            &[("c/image", json!("registry.example.com:5000/team/app@sha256:abc"))],
            &[("containerDefinitions/1", json!({"name": "App", "image": "x", "memory": 6}))],
        ],
        &[
            (&[("containerDefinitions", json!([]))], "Container list cannot be empty."),
            (&[("c/name", json!(""))], "Container.name should not be null or empty."),
            (&[("c/name", Value::Null)], "Container.name should not be null or empty."),
            (&[("c/name", json!("a b"))], "Container.name contains invalid characters."),
            (&[("c/name", json!(long))], "Container.name should not be longer than 255 characters."),
            (&[("c/image", Value::Null)], "Container.image should not be null or empty."),
            (&[("c/image", json!("nginx:latest "))], "Container.image contains invalid characters."),
            (&[("c/image", json!("$IMAGE"))], "Container.image contains invalid characters."),
            (
                &[("containerDefinitions/1", json!({"name": "app", "image": "x", "memory": 6}))],
                "Container names must be unique within a task definition.",
            ),
        ],
    );
}

#[test]
fn task_has_one_to_ten_containers() {
    let containers = |count: usize| {
        let one = |n| json!({"name": format!("c{n}"), "image": "x", "memory": 6});
        Value::Array((0..count).map(one).collect())
    };
    accept(plain(), &[("containerDefinitions", containers(10))]);
    refuse(plain(), &[("containerDefinitions", containers(11))], "Too many containers.");
}

#[test]
fn one_container_is_essential() {
    accept(plain(), &[("c/essential", json!(true))]);
    refuse(plain(), &[("c/essential", json!(false))], "Task definition doesn't have any essential container.");
}

#[test]
fn sizes_of_containers_and_task_agree() {
    let other = |extra: Value| {
        let mut other = json!({"name": "b", "image": "x", "memory": 64});
        other.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        other
    };
    table(
        &[
            &[("c/memory", json!(6))],
            &[("c/memory", Value::Null), ("c/memoryReservation", json!(64))],
            &[("c/memory", Value::Null), ("memory", json!("256"))],
            &[("c/memoryReservation", json!(128))],
            &[("c/cpu", json!(0))],
            &[("cpu", json!("256")), ("c/cpu", json!(256))],
            &[("memory", json!("128")), ("containerDefinitions/1", other(json!({})))],
        ],
        &[
            (
                &[("c/memory", Value::Null)],
                "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified.",
            ),
            (&[("c/memory", json!(5))], "Invalid 'memory' setting for container 'app'."),
            (&[("c/memory", json!(-1))], "Invalid 'memory' setting for container 'app'."),
            (&[("c/memoryReservation", json!(0))], "Invalid 'memoryReservation' setting for container 'app'."),
            (
                &[("c/memoryReservation", json!(129))],
                "Invalid setting for container 'app'. 'memory' must be greater than or equal to 'memoryReservation'.",
            ),
            (&[("memory", json!("127"))], "The 'memory' setting for container 'app' is greater than for the task."),
            (&[("c/cpu", json!(-1))], "Invalid 'cpu' setting for container 'app'."),
            (
                &[("cpu", json!("256")), ("c/cpu", json!(200)), ("containerDefinitions/1", other(json!({"cpu": 57})))],
                "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
            ),
            (
                &[
                    ("memory", json!("128")),
                    ("c/memoryReservation", json!(100)),
                    ("containerDefinitions/1", other(json!({"memoryReservation": 29}))),
                ],
                "The sum of all container 'memoryReservation' values cannot be greater than the value of the task 'memory'.",
            ),
        ],
    );
}

#[test]
fn task_sizes_are_written_in_several_ways() {
    let both = |cpu: &str, memory: &str| {
        let definition = accept(plain(), &[("cpu", json!(cpu)), ("memory", json!(memory))]);
        let document = document(&definition);
        (document["cpu"].as_str().unwrap().to_owned(), document["memory"].as_str().unwrap().to_owned())
    };
    let size = |cpu: &str, memory: &str| (cpu.to_owned(), memory.to_owned());
    assert_eq!(both("256", "512"), size("256", "512"));
    assert_eq!(both(".25 vCPU", "1GB"), size("256", "1024"));
    assert_eq!(both("0.125vcpu", "0.5 gb"), size("128", "512"));
    assert_eq!(both("192 VCPU", "1.5 GB"), size("196608", "1536"));
    for cpu in ["", "x", "-1", "127", "196609", "0.1 vCPU", "vCPU", ". vcpu", "1.2.3 vCPU", "1 GB", "99999999999"] {
        refuse(plain(), &[("cpu", json!(cpu))], "Invalid 'cpu' setting for task.");
    }
    for memory in ["", "5", "1 TB", "512MB", "0.0001 GB", "18446744073709551615 GB"] {
        refuse(plain(), &[("memory", json!(memory))], "Invalid 'memory' setting for task.");
    }
}

#[test]
fn environment_and_secrets_keep_their_rules() {
    let secret = |name: &str, from: &str| json!({"name": name, "valueFrom": from});
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:password::";
    let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/db/password";
    let role = ("executionRoleArn", json!(ROLE));
    table(
        &[
            &[("c/environment", json!([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "B"}]))],
            &[role.clone(), ("c/secrets", json!([secret("A", arn), secret("B", parameter), secret("C", "db-password")]))],
        ],
        &[
            (&[("c/environment", json!([{"name": "", "value": "1"}]))], "Invalid 'environment' setting for container 'app'."),
            (
                &[("c/secrets", json!([secret("A", arn)]))],
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
            ),
            (&[role.clone(), ("c/secrets", json!([secret("", arn)]))], "Invalid 'secrets' setting for container 'app'."),
            (&[role.clone(), ("c/secrets", json!([secret("A", "arn:aws:s3:::bucket/key")]))], "Invalid arn syntax."),
            (
                &[role.clone(), ("c/secrets", json!([secret("A", arn), secret("A", parameter)]))],
                "Duplicate secret names found: A. Each secret name must be unique.",
            ),
            (
                &[role, ("c/secrets", json!([secret("A", arn)])), ("c/environment", json!([{"name": "A", "value": "1"}]))],
                "The secret name must be unique and not shared with any new or existing environment variables set on the \
                 container, such as 'A'.",
            ),
        ],
    );
}

#[test]
fn environment_files_are_s3_objects() {
    let files = |count: usize, value: &str| {
        let file = json!({"type": "s3", "value": value});
        ("c/environmentFiles", Value::Array(vec![file; count]))
    };
    accept(plain(), &[files(10, "arn:aws:s3:::bucket/a/b.env")]);
    refuse(
        plain(),
        &[files(11, "arn:aws:s3:::bucket/a.env")],
        "The maximum number of environment files was exceeded. Specify ten or less and try again.",
    );
    for value in ["s3://bucket/a.env", "arn:aws:s3:::bucket", "arn:aws:sqs:::bucket/a.env"] {
        refuse(plain(), &[files(1, value)], "Invalid arn syntax.");
    }
    let message = "Invalid environment file. The file must have a .env file extension.";
    refuse(plain(), &[files(1, "arn:aws:s3:::bucket/a.txt")], message);
}

#[test]
fn plain_members_are_well_formed() {
    let setting = |field: &str| format!("Invalid '{field}' setting for container 'app'.");
    let registry = ("c/repositoryCredentials", json!({"credentialsParameter": "arn:aws:secretsmanager:us-east-1:1:secret:x"}));
    table(
        &[
            &[("c/dnsServers", json!(["10.0.0.2", "ns.example.com"])), ("c/dnsSearchDomains", json!(["example.com"]))],
            &[("c/extraHosts", json!([{"hostname": "db", "ipAddress": "10.0.0.5"}, {"hostname": "db6", "ipAddress": "::1"}]))],
            &[("c/dockerSecurityOptions", json!(["no-new-privileges", "label:type:x", "apparmor:p"]))],
            &[registry.clone(), ("executionRoleArn", json!("task"))],
            &[("c/credentialSpecs", json!(["credentialspec:arn:aws:ssm:::parameter/x"]))],
        ],
        &[
            (&[("c/dnsServers", json!(["a b"]))], &setting("dnsServers")),
            (&[("c/dnsSearchDomains", json!(["example.com."]))], &setting("dnsSearchDomains")),
            (&[("c/extraHosts", json!([{"hostname": "db", "ipAddress": "10.0.0"}]))], &setting("extraHosts")),
            (&[("c/dockerSecurityOptions", json!(["seccomp:unconfined"]))], &setting("dockerSecurityOptions")),
            (&[("c/credentialSpecs", json!(["file://x"]))], &setting("credentialSpecs")),
            (
                &[registry],
                "When you are specifying container repository credentials, you must also specify a value for \
                 'executionRoleArn'.",
            ),
        ],
    );
}

#[test]
fn roles_are_of_the_account() {
    let full = |definition: &Definition| definition.facts.task_role.as_deref().map(str::to_owned);
    for role in [ROLE, "task"] {
        assert_eq!(full(&accept(plain(), &[("taskRoleArn", json!(role))])).as_deref(), Some(ROLE));
    }
    assert_eq!(full(&accept(plain(), &[("taskRoleArn", json!(""))])), None);
    let path = "arn:aws:iam::123456789012:role/team/task";
    assert_eq!(full(&accept(plain(), &[("taskRoleArn", json!(path))])).as_deref(), Some(path));
    let others = ["arn:aws:iam::999999999999:role/task", "arn:aws:iam::123456789012:user/task", "a b", "/x", "x/"];
    for role in others {
        refuse(plain(), &[("executionRoleArn", json!(role))], "Role is not valid");
    }
}

#[test]
fn definition_has_at_most_64_kib() {
    let environment = |length: usize| ("c/environment", json!([{"name": "A", "value": "x".repeat(length)}]));
    let empty = accept(plain(), &[environment(0)]).document.len();
    let room = 65_536 - empty;
    accept(plain(), &[environment(room)]);
    refuse(plain(), &[environment(room + 1)], "Actual length: '65537'. Max allowed length is '65536' bytes.");
}

#[test]
fn placement_constraints_are_expressions() {
    let constraint = |expression: &str| json!({"type": "memberOf", "expression": expression});
    accept(plain(), &[("placementConstraints", Value::Array(vec![constraint("attribute:ecs.instance-type == t3.large"); 10]))]);
    refuse(
        plain(),
        &[("placementConstraints", Value::Array(vec![constraint("attribute:a == b"); 11]))],
        "Too many placement constraints.",
    );
    refuse(plain(), &[("placementConstraints/0", constraint(""))], "constraint.expression should not be null or empty.");
    refuse(plain(), &[("placementConstraints/0", json!({"expression": "a"}))], "constraint.type should not be null or empty.");
    let broken = defined(&changed(plain(), &[("placementConstraints/0", constraint("attribute:a =="))])).unwrap_err().1;
    assert!(broken.starts_with("constraint.expression 'attribute:a ==' is not valid: "), "{broken}");
}
