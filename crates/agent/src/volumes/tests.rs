//! What becomes of volumes and mount points.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use berth_api::acs::{Container, Task};
use berth_runtime::Bind;
use serde_json::{Value, json};

use super::options::{Backing, backing};
use super::shelf::{RemoveVolumeError, Users};
use super::wanted::{Mount, Source};
use super::{Volumes, beside, mounts, shared_with};

fn task(volumes: Value, containers: Value) -> Task {
    let volumes = serde_json::from_value(volumes).unwrap();
    let with_image = |container: &Value| {
        let mut whole = json!({ "name": "main", "image": "i" });
        whole.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
        serde_json::from_value::<Container>(whole).unwrap()
    };
    Task { volumes, containers: containers.as_array().unwrap().iter().map(with_image).collect(), ..Task::default() }
}

fn of(volumes: Value, containers: Value) -> Result<Vec<Mount>, String> {
    let task = task(volumes, containers);
    mounts(&task, &task.containers[0]).map_err(|error| error.to_string())
}

fn point(volume: &str, path: &str) -> Value {
    json!({ "sourceVolume": volume, "containerPath": path })
}

/// What one volume, mounted at /d, is.
fn source(volume: Value) -> Result<Source, String> {
    let mut volume = volume;
    volume["name"] = json!("v");
    of(json!([volume]), json!([{ "mountPoints": [point("v", "/d")] }])).map(|mut mounts| mounts.remove(0).source)
}

fn own(backing: Backing) -> Result<Source, String> {
    Ok(Source::Own { name: "v".to_owned(), backing })
}

#[test]
fn volumes_are_what_their_task_says() {
    assert_eq!(source(json!({ "type": "host" })), own(Backing::Folder));
    assert_eq!(source(json!({ "host": { "sourcePath": "/srv/x" } })), Ok(Source::Host("/srv/x".into())));
    let docker = |configuration: Value| source(json!({ "type": "docker", "dockerVolumeConfiguration": configuration }));
    assert_eq!(docker(json!({})), own(Backing::Folder));
    let memory =
        json!({ "scope": "task", "driver": "local", "driverOpts": { "type": "tmpfs", "device": "tmpfs", "o": "size=1m,uid=5" } });
    assert_eq!(docker(memory), own(Backing::Memory { options: "size=1m,uid=5".to_owned() }));
    let Ok(Source::Shared(shared)) = docker(json!({ "scope": "shared", "autoprovision": true, "labels": { "a": "b" } })) else {
        panic!("it is shared")
    };
    assert!(shared.autoprovision && shared.backing == Backing::Folder && shared.labels["a"] == "b");
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let docker = |driver: &str, options: Value| {
        let configuration = json!({ "driver": driver, "driverOpts": options });
        source(json!({ "type": "docker", "dockerVolumeConfiguration": configuration })).unwrap_err()
    };
    for (said, part) in [
        (docker("rexray", json!({})), "driver rexray"),
        (docker("local", json!({ "type": "nfs", "device": ":/x", "o": "addr=1.2.3.4" })), "driverOpts.type nfs"),
        (docker("local", json!({ "type": "tmpfs", "o": "exec" })), "driverOpts.o exec"),
        (docker("local", json!({ "colour": "red" })), "driverOpts.colour"),
        (docker("local", json!({ "type": "none", "device": "/a/../b", "o": "bind" })), "without .."),
        (docker("local", json!({ "device": "/dev/sda1" })), "without o=bind"),
        (source(json!({ "host": { "sourcePath": "relative" } })).unwrap_err(), "absolute path"),
        (source(json!({ "host": { "sourcePath": "/a/../../etc" } })).unwrap_err(), "without .."),
        (source(json!({ "type": "efs", "efsVolumeConfiguration": { "fileSystemId": "fs-1" } })).unwrap_err(), "type efs"),
    ] {
        assert!(said.starts_with("volume v: ") && said.contains(part), "{said}");
    }
    for (name, part) in [("../x", "letters"), ("", "letters"), ("a/b", "letters")] {
        let said = of(json!([{ "name": name }]), json!([{ "mountPoints": [point(name, "/d")] }])).unwrap_err();
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn mount_points_are_places_of_the_container() {
    let at = |path: &str| {
        of(json!([{ "name": "v" }]), json!([{ "mountPoints": [point("v", path)] }])).map(|found| found[0].target.clone())
    };
    assert_eq!(at("/a//b/../c/"), Ok(PathBuf::from("/a/c")));
    assert_eq!(at("/../../x"), Ok(PathBuf::from("/x")));
    for wrong in ["", "relative", "/", "/a/..", "/proc", "/proc/sys/kernel", "/x/../proc"] {
        assert!(at(wrong).unwrap_err().starts_with("mount point"), "{wrong}");
    }
    let twice = json!([{ "mountPoints": [point("v", "/a"), point("v", "/a/")] }]);
    assert!(of(json!([{ "name": "v" }]), twice).unwrap_err().contains("twice"));
    assert!(of(json!([]), json!([{ "mountPoints": [point("v", "/a")] }])).unwrap_err().contains("no volume \"v\""));
}

#[test]
fn volumes_from_others_come_beside_ones_own() {
    let volumes = json!([{ "name": "a" }, { "name": "b" }, { "name": "c" }]);
    let containers = json!([
        { "name": "main", "mountPoints": [point("a", "/x")], "volumesFrom": [{ "sourceContainer": "side", "readOnly": true }] },
        { "name": "side", "mountPoints": [point("b", "/x"), point("b", "/y/deep")], "volumesFrom": [{ "sourceContainer": "last" }] },
        { "name": "last", "mountPoints": [point("c", "/z")] },
    ]);
    let found = of(volumes, containers.clone()).unwrap();
    let told: Vec<(String, bool, bool)> =
        found.iter().map(|mount| (mount.target.display().to_string(), mount.read_only, mount.fills)).collect();
    let told: Vec<(&str, bool, bool)> =
        told.iter().map(|(target, read_only, fills)| (target.as_str(), *read_only, *fills)).collect();
    assert_eq!(told, [("/x", false, true), ("/z", true, false), ("/y/deep", true, false)]);
    let task = task(json!([]), containers);
    assert_eq!(shared_with(&task, &task.containers[0]), Some(vec![1]));

    let circle = json!([{ "name": "main", "volumesFrom": [{ "sourceContainer": "main" }] }]);
    assert!(of(json!([]), circle).unwrap_err().contains("has them from this one"));
    assert!(of(json!([]), json!([{ "volumesFrom": [{ "sourceContainer": "no" }] }])).unwrap_err().contains("not in the task"));
}

#[test]
fn what_lies_deeper_is_mounted_later_and_a_task_has_its_way_with_etc() {
    let bind = |target: &str, source: &str| Bind { source: source.into(), target: target.into(), read_only: false, fill: None };
    let files = vec![bind("/etc/hosts", "ours"), bind("/etc/hostname", "ours")];
    let all = beside(vec![bind("/etc/hosts", "theirs"), bind("/a/b/c", "theirs"), bind("/etc", "theirs")], files);
    let told: Vec<(&str, &str)> = all.iter().map(|bind| (bind.target.to_str().unwrap(), bind.source.to_str().unwrap())).collect();
    assert_eq!(told, [("/etc", "theirs"), ("/etc/hosts", "theirs"), ("/etc/hostname", "ours"), ("/a/b/c", "theirs")]);
}

#[test]
fn volumes_of_a_task_are_made_once_and_go_with_it() {
    let temporary = tempfile::tempdir().unwrap();
    let volumes = Volumes::in_folder(&temporary.path().join("volumes"));
    let task = task(json!([{ "name": "v" }, { "name": "w" }]), json!([{ "mountPoints": [point("v", "/v"), point("w", "/w")] }]));
    let wanted = mounts(&task, &task.containers[0]).unwrap();
    let first = volumes.prepare("t", &wanted).unwrap();
    fs::write(first[0].source.join("file"), "kept").unwrap();
    assert_eq!(volumes.prepare("t", &wanted).unwrap(), first);
    assert!(first[0].source.join("file").exists() && first[0].fill.is_some());
    assert_ne!(volumes.prepare("u", &wanted).unwrap()[0].source, first[0].source);
    volumes.remove_task("u").unwrap();
    volumes.keep_only(|task| task == "t").unwrap();
    assert!(first[0].source.exists());
    volumes.keep_only(|_| false).unwrap();
    assert!(!first[0].source.exists());
    volumes.remove_task("never").unwrap();
}

#[test]
fn shared_volumes_stay_and_are_what_they_were_made_as() {
    let temporary = tempfile::tempdir().unwrap();
    let volumes = Volumes::in_folder(temporary.path());
    let prepare = |configuration: Value| {
        let volume = json!([{ "name": "v", "type": "docker", "dockerVolumeConfiguration": configuration }]);
        let task = task(volume, json!([{ "mountPoints": [point("v", "/v")] }]));
        let wanted = mounts(&task, &task.containers[0]).unwrap();
        volumes.prepare("t", &wanted).map(|binds| binds[0].source.clone()).map_err(|error| error.to_string())
    };
    let bind = |path: &Path, autoprovision: bool| {
        let options = json!({ "type": "none", "device": path, "o": "bind" });
        json!({ "scope": "shared", "autoprovision": autoprovision, "driverOpts": options })
    };
    let absent = temporary.path().join("absent");
    assert!(prepare(bind(&absent, false)).unwrap_err().contains("autoprovision"));
    let plain = prepare(json!({ "scope": "shared" })).unwrap();
    volumes.remove_task("t").unwrap();
    assert!(plain.exists(), "it is no task's own");
    assert_eq!(prepare(json!({ "scope": "shared", "autoprovision": true })), Ok(plain));
    assert!(prepare(bind(&absent, true)).unwrap_err().contains("driver options"));
}

#[test]
fn shared_volumes_are_listed_and_removed_unless_a_task_uses_them() {
    let temporary = tempfile::tempdir().unwrap();
    let volumes = Volumes::in_folder(temporary.path());
    let shared = json!({ "scope": "shared", "labels": { "team": "a" } });
    let volume = json!([{ "name": "v", "type": "docker", "dockerVolumeConfiguration": shared }]);
    let mut task = task(volume, json!([{ "mountPoints": [point("v", "/v")] }]));
    task.arn = "arn:aws:ecs:task/default/t".to_owned();
    let wanted = mounts(&task, &task.containers[0]).unwrap();
    let source = volumes.prepare("t", &wanted).unwrap()[0].source.clone();
    // Of a task that came before this agent only the table of tasks knows; of one that comes now only the volumes may.
    let mut users = Users::default();
    users.add(&task);
    let listed = volumes.list(&users).unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str(), listed[0].labels["team"].as_str()), (1, "v", "a"));
    assert_eq!(listed[0].in_use_by, [task.arn.as_str()], "it is counted once");
    let nobody = Users::default();
    assert_eq!(volumes.list(&nobody).unwrap()[0].in_use_by, ["t"]);
    for users in [&users, &nobody] {
        assert!(matches!(volumes.remove_shared("v", users), Err(RemoveVolumeError::InUse { .. })));
    }
    volumes.remove_task("t").unwrap();
    for name in ["w", "..", "", "../task"] {
        assert!(matches!(volumes.remove_shared(name, &nobody), Err(RemoveVolumeError::Absent(_))), "{name}");
    }
    assert!(source.exists());
    volumes.remove_shared("v", &nobody).unwrap();
    assert!(!source.exists() && volumes.list(&nobody).unwrap().is_empty());
}

#[test]
fn what_a_killed_agent_left_of_a_disk_goes_with_the_next_start() {
    let temporary = tempfile::tempdir().unwrap();
    let unmounted = temporary.path().join("unmounted");
    fs::create_dir(&unmounted).unwrap();
    fs::write(unmounted.join("t"), "half of a file system").unwrap();
    Volumes::in_folder(temporary.path()).keep_only(|_| true).unwrap();
    assert!(!unmounted.exists());
}

#[test]
fn a_bind_of_the_local_driver_has_to_be_there() {
    let temporary = tempfile::tempdir().unwrap();
    let volumes = Volumes::in_folder(&temporary.path().join("volumes"));
    let there = temporary.path().to_owned();
    for (path, is_there) in [(there.clone(), true), (there.join("no"), false)] {
        let options =
            BTreeMap::from([("o", "bind"), ("device", path.to_str().unwrap())].map(|(a, b)| (a.to_owned(), b.to_owned())));
        let source = Source::Own { name: "v".to_owned(), backing: backing(&options).unwrap() };
        let mount = Mount { source, target: "/v".into(), read_only: false, fills: true };
        let made = volumes.prepare("t", &[mount]);
        assert_eq!(made.is_ok(), is_there);
        assert!(made.is_err() || made.unwrap()[0].fill.is_none(), "the host's own folders are not written to");
    }
}
