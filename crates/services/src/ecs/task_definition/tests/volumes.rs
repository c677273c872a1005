use super::*;

fn volume(value: Value) -> (&'static str, Value) {
    ("volumes/0", value)
}

#[test]
fn volumes_have_a_name_and_one_kind() {
    let one = "When the volume parameter is specified, only one volume configuration type should be used.";
    table(
        &[
            &[volume(json!({"name": "data"}))],
            &[volume(json!({"name": "data", "host": {}}))],
            &[volume(json!({"name": "data", "host": {"sourcePath": "/data"}}))],
            &[volume(json!({"name": "data", "dockerVolumeConfiguration": {"autoprovision": true}}))],
            &[volume(json!({"name": "data", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": false}}))],
        ],
        &[
            (&[volume(json!({}))], "volume.name should not be null or empty."),
            (&[volume(json!({"name": "a b"}))], "volume.name contains invalid characters."),
            (
                &[volume(json!({"name": "data"})), ("volumes/1", json!({"name": "data"}))],
                "Volume names must be unique within a task definition.",
            ),
            (&[volume(json!({"name": "d", "host": {"sourcePath": "/d"}, "dockerVolumeConfiguration": {}}))], one),
            (
                &[volume(json!({"name": "d", "configuredAtLaunch": true, "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}))],
                one,
            ),
            (&[volume(json!({"name": "d", "host": {"sourcePath": " "}}))], "host.sourcePath should not be blank."),
            (
                &[volume(json!({"name": "d", "dockerVolumeConfiguration": {"scope": "task", "autoprovision": false}}))],
                "When 'scope' parameter is 'task', 'autoprovision' must either not be specified or set to 'True'.",
            ),
            (
                &[volume(json!({"name": "d", "dockerVolumeConfiguration": {"driver": ""}}))],
                "volume.dockerVolumeConfiguration.driver should not be null or empty.",
            ),
        ],
    );
}

#[test]
fn file_systems_keep_their_rules() {
    let efs = |mut value: Value| {
        value["fileSystemId"] = json!("fs-1");
        volume(json!({"name": "d", "efsVolumeConfiguration": value}))
    };
    table(
        &[
            &[efs(json!({}))],
            &[efs(json!({"rootDirectory": "/a"}))],
            &[efs(json!({
                "rootDirectory": "/",
                "transitEncryption": "ENABLED",
                "transitEncryptionPort": 2999,
                "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
            }))],
        ],
        &[
            (
                &[efs(
                    json!({"rootDirectory": "/a", "transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": "fsap-1"}}),
                )],
                "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.",
            ),
            (
                &[efs(json!({"authorizationConfig": {"accessPointId": "fsap-1"}}))],
                "EFS access point requires TransitEncryption to be enabled.",
            ),
            (
                &[efs(json!({"authorizationConfig": {"iam": "ENABLED"}}))],
                "EFS IAM authorization requires TransitEncryption to be enabled.",
            ),
            (&[efs(json!({"transitEncryptionPort": 1}))], "TransitEncryptionPort requires that TransitEncryption is enabled."),
            (
                &[efs(json!({"transitEncryption": "ENABLED", "transitEncryptionPort": 0}))],
                "Invalid 'transitEncryptionPort' setting for volume 'd'.",
            ),
            (
                &[volume(json!({"name": "d", "efsVolumeConfiguration": {"fileSystemId": ""}}))],
                "volume.efsVolumeConfiguration.fileSystemId should not be null or empty.",
            ),
            (
                &[volume(json!({"name": "d", "s3filesVolumeConfiguration": {"fileSystemArn": ""}}))],
                "volume.s3filesVolumeConfiguration.fileSystemArn should not be null or empty.",
            ),
        ],
    );
}

#[test]
fn mounts_lead_to_volumes_and_containers() {
    let mount = |value: Value| ("c/mountPoints", json!([value]));
    let data = volume(json!({"name": "data"}));
    table(
        &[
            &[data.clone(), mount(json!({"sourceVolume": "data", "containerPath": "/data", "readOnly": true}))],
            &[
                ("c/volumesFrom", json!([{"sourceContainer": "b"}])),
                ("containerDefinitions/1", json!({"name": "b", "image": "x", "memory": 6})),
            ],
        ],
        &[
            (&[mount(json!({"sourceVolume": "nope", "containerPath": "/d"}))], "Unknown volume 'nope'."),
            (&[mount(json!({"containerPath": "/d"}))], "Unknown volume 'null'."),
            (&[data, mount(json!({"sourceVolume": "data"}))], "mountPoint.containerPath should not be null or empty."),
            (
                &[("c/volumesFrom", json!([{"sourceContainer": "nope"}]))],
                "Invalid 'volumesFrom' setting. Unknown container: 'nope'.",
            ),
        ],
    );
}

#[test]
fn volume_configured_at_launch_is_mounted_and_the_only_one() {
    let late = |name: &str| json!({"name": name, "configuredAtLaunch": true});
    let mount = |name: &str| json!({"sourceVolume": name, "containerPath": "/d"});
    accept(plain(), &[volume(late("v")), ("c/mountPoints/0", mount("v"))]);
    refuse(plain(), &[volume(late("v"))], "Volumes [v] are not referenced by any of the containers");
    refuse(
        plain(),
        &[volume(late("v")), ("volumes/1", late("w")), ("c/mountPoints", json!([mount("v"), mount("w")]))],
        "Only one volume of a task definition can be configured at launch.",
    );
}
