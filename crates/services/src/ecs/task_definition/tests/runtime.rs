use super::*;

fn two(dependency: Value, other: Value) -> Value {
    let mut json = plain();
    json["containerDefinitions"][0]["dependsOn"] = json!([dependency]);
    let mut db = json!({"name": "db", "image": "x", "memory": 6});
    db.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    json["containerDefinitions"].as_array_mut().unwrap().push(db);
    json
}

#[test]
fn dependencies_can_be_met() {
    let on = |name: &str, condition: &str| json!({"containerName": name, "condition": condition});
    let check = json!({"healthCheck": {"command": ["CMD-SHELL", "true"]}});
    accept(two(on("db", "START"), json!({})), &[]);
    accept(two(on("db", "SUCCESS"), json!({"essential": false})), &[]);
    accept(two(on("db", "COMPLETE"), json!({"essential": false})), &[]);
    accept(two(on("db", "HEALTHY"), check), &[]);
    let cases = [
        (on("nope", "START"), json!({}), "Cannot depend on container + 'nope' because it does not exist"),
        (
            on("db", "SUCCESS"),
            json!({}),
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
        ),
        (on("db", "HEALTHY"), json!({}), "A dependency container with HEALTHY condition must have health check configured"),
        (on("app", "START"), json!({}), "Container dependencies should not have a cycle"),
        (on("db", "START"), json!({"dependsOn": [on("app", "START")]}), "Container dependencies should not have a cycle"),
        (on("db", "SOON"), json!({}), "Invalid container dependency condition 'SOON'."),
    ];
    for (dependency, other, message) in cases {
        refuse(two(dependency, other), &[], message);
    }
}

#[test]
fn chain_of_dependencies_is_no_cycle() {
    let container = |n: usize| {
        let depends_on: Vec<Value> = (0..n).map(|m| json!({"containerName": format!("c{m}"), "condition": "START"})).collect();
        json!({"name": format!("c{n}"), "image": "x", "memory": 6, "dependsOn": depends_on})
    };
    accept(plain(), &[("containerDefinitions", Value::Array((0..10).map(container).collect()))]);
}

#[test]
fn timeouts_leave_two_seconds() {
    for what in ["start", "stop"] {
        let field = format!("c/{what}Timeout");
        accept(plain(), &[(&field, json!(2))]);
        let message = format!("Granular {what} timeout on container 'app' must be at least 2 seconds.");
        refuse(plain(), &[(&field, json!(1))], &message);
    }
}

#[test]
fn health_checks_keep_their_ranges() {
    let command = ("c/healthCheck/command", json!(["CMD", "true"]));
    for (field, least, most) in [("interval", 5, 300), ("timeout", 2, 60), ("retries", 1, 10), ("startPeriod", 0, 300)] {
        let path = format!("c/healthCheck/{field}");
        accept(plain(), &[command.clone(), (&path, json!(least))]);
        accept(plain(), &[command.clone(), (&path, json!(most))]);
        let high =
            format!("Health check {field} must be less than or equal to the maximum allowed value {most} for container 'app'");
        refuse(plain(), &[command.clone(), (&path, json!(most + 1))], &high);
        let low = format!(
            "Health check {field} must be greater than or equal to the minimum allowed value {least} for container 'app'"
        );
        refuse(plain(), &[command.clone(), (&path, json!(least - 1))], &low);
    }
    let message = "Health check command must start with CMD or CMD-SHELL and name a command for container 'app'";
    for command in [json!([]), json!(["CMD"]), json!(["curl", "x"])] {
        refuse(plain(), &[("c/healthCheck/command", command)], message);
    }
}

#[test]
fn restart_policies_keep_their_ranges() {
    let policy = |period: i32, codes: usize| {
        ("c/restartPolicy", json!({"enabled": true, "restartAttemptPeriod": period, "ignoredExitCodes": vec![0; codes]}))
    };
    accept(plain(), &[policy(60, 50)]);
    accept(plain(), &[policy(1800, 0)]);
    for period in [59, 1801] {
        let message = "The 'restartAttemptPeriod' setting for container 'app' must be between 60 and 1800.";
        refuse(plain(), &[policy(period, 0)], message);
    }
    let message = "The 'ignoredExitCodes' setting for container 'app' must have at most 50 exit codes.";
    refuse(plain(), &[policy(60, 51)], message);
}

#[test]
fn log_drivers_have_the_options_they_need() {
    let log = |driver: &str, options: Value| ("c/logConfiguration", json!({"logDriver": driver, "options": options}));
    let awslogs = json!({"awslogs-group": "/g", "awslogs-region": "us-east-1", "mode": "non-blocking", "max-buffer-size": "25m"});
    table(
        &[
            &[log("awslogs", awslogs)],
            &[log("json-file", json!({"max-size": "1m"}))],
            &[log("none", json!({}))],
            &[log("splunk", json!({"splunk-url": "u", "splunk-token": "t"}))],
            &[
                ("executionRoleArn", json!("x")),
                (
                    "c/logConfiguration",
                    json!({"logDriver": "splunk", "options": {"splunk-url": "u"}, "secretOptions": [{"name": "splunk-token", "valueFrom": "t"}]}),
                ),
            ],
        ],
        &[
            (&[log("awslogs", json!({"awslogs-region": "us-east-1"}))], "Log driver awslogs requires options: awslogs-group"),
            (&[log("awslogs", json!({}))], "Log driver awslogs requires options: awslogs-region, awslogs-group"),
            (
                &[log("awslogs", json!({"awslogs-group": "g", "awslogs-region": "r", "awslogs-endpoint": "x"}))],
                "Log driver awslogs disallows options: awslogs-endpoint",
            ),
            (&[log("splunk", json!({}))], "Log driver splunk requires options: splunk-url, splunk-token"),
            (
                &[log("loki", json!({}))],
                "loki is not a valid log driver. Must be one of \
                 [json-file,syslog,journald,gelf,fluentd,awslogs,splunk,awsfirelens,none]",
            ),
            (
                &[log("awslogs", json!({"awslogs-group": "g", "awslogs-region": "r", "mode": "x"}))],
                "Log driver awslogs has an invalid value for option mode. Must be one of [blocking,non-blocking]",
            ),
            (
                &[("c/logConfiguration", json!({"logDriver": "syslog", "secretOptions": [{"name": "a", "valueFrom": "t"}]}))],
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
            ),
        ],
    );
}

#[test]
fn firelens_has_one_router_and_somebody_who_uses_it() {
    let router = |options: Value| ("c/firelensConfiguration", json!({"type": "fluentbit", "options": options}));
    let app = (
        "containerDefinitions/1",
        json!({"name": "b", "image": "x", "memory": 6, "logConfiguration": {"logDriver": "awsfirelens"}}),
    );
    accept(plain(), &[router(json!({})), app.clone()]);
    accept(plain(), &[router(json!({"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/x.conf"})), app.clone()]);
    let unused = "When a firelensConfiguration object is specified, at least one container has to be configured with the \
                  awsfirelens log driver.";
    refuse(plain(), &[router(json!({}))], unused);
    let missing = "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be \
                   configured in one of the containers.";
    refuse(plain(), std::slice::from_ref(&app), missing);
    let second = ("containerDefinitions/1/firelensConfiguration", json!({"type": "fluentd"}));
    let message = "Only one container of a task definition can have a firelensConfiguration object.";
    refuse(plain(), &[router(json!({})), app.clone(), second], message);
    let s3 = router(json!({"config-file-type": "s3", "config-file-value": "s3://b/x.conf"}));
    refuse(plain(), &[s3, app.clone()], "Invalid arn syntax");
    let other = "Invalid FirelensConfiguration option 'config-file-type'. Must be one of [file,s3]";
    refuse(plain(), &[router(json!({"config-file-type": "ftp"})), app], other);
}

#[test]
fn kernel_settings_are_known() {
    let linux = |value: Value| ("c/linuxParameters", value);
    let setting = |field: &str| format!("Invalid '{field}' setting for container 'app'.");
    let limit = |name: &str, soft: i32, hard: i32| json!({"name": name, "softLimit": soft, "hardLimit": hard});
    table(
        &[
            &[linux(json!({"capabilities": {"add": ["NET_ADMIN", "ALL"], "drop": ["MKNOD"]}, "initProcessEnabled": true}))],
            &[linux(json!({"sharedMemorySize": 64, "maxSwap": 0, "swappiness": 100}))],
            &[linux(json!({"tmpfs": [{"containerPath": "/run", "size": 64, "mountOptions": ["noexec", "mode=1777"]}]}))],
            &[linux(json!({"devices": [{"hostPath": "/dev/fuse", "permissions": ["read"]}]}))],
            &[("c/ulimits", json!([limit("nofile", 10, 10), limit("core", -1, -1), limit("cpu", 1, -1)]))],
            &[("c/systemControls", json!([{"namespace": "net.core.somaxconn", "value": "1024"}]))],
            &[("c/systemControls", json!([{"namespace": "kernel.msgmax", "value": "1"}]))],
            &[("c/resourceRequirements", json!([{"type": "GPU", "value": "2"}]))],
        ],
        &[
            (&[linux(json!({"capabilities": {"add": ["CAP_NET_ADMIN"]}}))], "CAP_NET_ADMIN is not a valid Linux capability."),
            (&[linux(json!({"sharedMemorySize": 0}))], &setting("sharedMemorySize")),
            (&[linux(json!({"maxSwap": -1}))], &setting("maxSwap")),
            (&[linux(json!({"swappiness": 101}))], &setting("swappiness")),
            (&[linux(json!({"tmpfs": [{"containerPath": "/run", "size": 0}]}))], &setting("tmpfs")),
            (&[linux(json!({"tmpfs": [{"containerPath": "/r", "size": 1, "mountOptions": ["x"]}]}))], &setting("tmpfs")),
            (&[linux(json!({"devices": [{"hostPath": ""}]}))], &setting("devices")),
            (&[("c/ulimits", json!([limit("nofile", 11, 10)]))], "Soft limit exceeds hard limit for ulimit nofile"),
            (&[("c/ulimits", json!([limit("nofile", -1, 10)]))], "Soft limit exceeds hard limit for ulimit nofile"),
            (
                &[("c/ulimits", json!([limit("nofile", 1, 1), limit("nofile", 2, 2)]))],
                "Duplicate ulimit names found: nofile. Each ulimit name must be unique.",
            ),
            (&[("c/systemControls", json!([{"namespace": "kernel.hostname", "value": "x"}]))], &setting("systemControls")),
            (&[("c/resourceRequirements", json!([{"type": "GPU", "value": "0"}]))], &setting("resourceRequirements")),
            (
                &[("c/resourceRequirements", json!([{"type": "InferenceAccelerator", "value": "d"}]))],
                &setting("resourceRequirements"),
            ),
            (
                &[("inferenceAccelerators", json!([{"deviceName": "d", "deviceType": "eia1.medium"}]))],
                "Unsupported field 'inferenceAccelerators'.",
            ),
        ],
    );
}
