//! Tables of what becomes of a container.

mod fargate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use berth_api::acs::{self, Hidden};
use berth_oci::ImageConfig;
use berth_plan::node::Checks;
use berth_runtime::{Capability, ContainerSpec, Group, Network, Output, Space, Tmpfs};
use serde_json::{Value, json};

use super::{
    Connection, NetworkMode, NodeFacts, SpecError, check_command, checks, etc_files, group, holder, lowered, network_mode, of,
    share, stop_signal,
};
use crate::images::Resolved;

const ID: &str = "0123456789abcdef0123456789abcdef";

fn node() -> NodeFacts {
    NodeFacts {
        hostname: "node".to_owned(),
        hosts: "127.0.0.1 localhost\n10.0.0.1 node".to_owned(),
        resolv_conf: "nameserver 127.0.0.53\nnameserver 10.0.0.2\nsearch lan\n".to_owned(),
        hard_limits: BTreeMap::from([("nofile", 20_000)]),
        processes: Some(32_768),
        upstream_resolv_conf: String::new(),
    }
}

fn image() -> ImageConfig {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    ImageConfig {
        entrypoint: words(&["/entry"]),
        cmd: words(&["image", "command"]),
        env: words(&["PATH=/image", "A=image"]),
        working_dir: "/image".to_owned(),
        user: "image".to_owned(),
        stop_signal: Some("SIGQUIT".to_owned()),
        ..ImageConfig::default()
    }
}

/// A task with one container, which is what `container` says, and in Docker's words `config` and `host`.
fn task(container: Value, config: &Value, host: &Value) -> acs::Task {
    let mut container: acs::Container = serde_json::from_value(container).unwrap();
    container.name = "main".to_owned();
    container.docker_config =
        Some(acs::DockerConfig { config: Some(config.to_string()), host_config: Some(host.to_string()), version: None });
    let arn = format!("arn:aws:ecs:us-east-1:000000000000:task/default/{ID}");
    acs::Task { arn, network_mode: Some("none".to_owned()), containers: vec![container], ..acs::Task::default() }
}

fn spec(task: &acs::Task, image: ImageConfig) -> Result<ContainerSpec, SpecError> {
    connected(task, image, &Connection::to(Network::Loopback))
}

fn connected(task: &acs::Task, image: ImageConfig, connection: &Connection) -> Result<ContainerSpec, SpecError> {
    let image = Resolved::loose(vec![PathBuf::from("/layer")], image);
    of(task, &task.containers[0], &image, &node(), connection, Output::Discard, Path::new("/etc-files"))
}

/// A network of the container's own.
fn own() -> Connection {
    Connection {
        hostname: Some("ip-172-31-0-4.ec2.internal".to_owned()),
        address: Some([172, 31, 0, 4].into()),
        hosts: vec![([10, 64, 0, 2].into(), "data db".to_owned())],
        resolver: Some([169, 254, 169, 253].into()),
        environment: [("AWS_ENDPOINT_URL", "http://x"), ("AWS_REGION", "r"), ("AWS_DEFAULT_REGION", "r")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Connection::to(Network::Namespace("/netns".into()))
    }
}

/// The files in `/etc` by name.
fn files(task: &acs::Task, node: &NodeFacts, connection: &Connection) -> BTreeMap<&'static str, String> {
    let files = etc_files(task, &task.containers[0], node, connection).unwrap();
    files.0.into_iter().map(|file| (file.name, file.text)).collect()
}

fn made(container: Value, config: Value, host: Value) -> ContainerSpec {
    spec(&task(container, &config, &host), image()).unwrap()
}

fn refused(container: Value, config: Value, host: Value) -> String {
    spec(&task(container, &config, &host), image()).unwrap_err().to_string()
}

#[test]
fn command_and_entry_point_are_put_together_as_docker_does() {
    let cases: [(Value, &[&str]); 6] = [
        (json!({}), &["/entry", "image", "command"]),
        (json!({ "command": ["own"] }), &["/entry", "own"]),
        (json!({ "entryPoint": ["/own"] }), &["/own"]),
        (json!({ "entryPoint": ["/own"], "command": ["x", "y"] }), &["/own", "x", "y"]),
        (json!({ "entryPoint": [] }), &["image", "command"]),
        (json!({ "command": ["own"], "overrides": "{\"command\":[\"over\"]}" }), &["/entry", "over"]),
    ];
    for (container, args) in cases {
        assert_eq!(made(container.clone(), json!({}), json!({})).process.args, args, "{container}");
    }
}

#[test]
fn container_without_anything_to_run_is_refused() {
    let error = spec(&task(json!({}), &json!({}), &json!({})), ImageConfig::default()).unwrap_err();
    assert_eq!(error.to_string(), "command of container main: No command specified, neither here nor by the image");
    assert!(refused(json!({ "command": ["a\0b"] }), json!({}), json!({})).contains("zero byte"));
}

#[test]
fn overrides_know_the_command_alone() {
    let text = refused(json!({ "overrides": "{\"cpu\":1}" }), json!({}), json!({}));
    assert!(text.starts_with("overrides of container main: unknown field `cpu`"), "{text}");
}

#[test]
fn environment_is_the_images_then_the_definitions() {
    let given = Hidden(BTreeMap::from([("A".to_owned(), "own".to_owned()), ("B".to_owned(), "x=y".to_owned())]));
    let mut task = task(json!({}), &json!({}), &json!({}));
    task.containers[0].environment = given;
    let expected = ["PATH=/image", "HOSTNAME=0123456789ab", "A=own", "B=x=y"];
    assert_eq!(spec(&task, image()).unwrap().process.env, expected);
    let env = spec(&task, ImageConfig { env: Vec::new(), ..image() }).unwrap().process.env;
    assert_eq!(env[0], "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    for name in ["", "A=B", "A\0"] {
        task.containers[0].environment = Hidden(BTreeMap::from([(name.to_owned(), "secret".to_owned())]));
        let error = spec(&task, image()).unwrap_err().to_string();
        assert!(error.contains("cannot be a variable") && !error.contains("secret"), "{error}");
    }
}

#[test]
fn what_the_definition_says_comes_before_what_the_image_says() {
    let process = made(json!({}), json!({}), json!({})).process;
    assert_eq!((process.cwd.as_str(), process.user.as_str(), process.terminal), ("/image", "image", false));
    let process = made(json!({}), json!({ "WorkingDir": "/own", "User": "1:2", "Tty": true }), json!({})).process;
    assert_eq!((process.cwd.as_str(), process.user.as_str(), process.terminal), ("/own", "1:2", true));
    assert!(process.env.contains(&"TERM=xterm".to_owned()));
    assert!(refused(json!({}), json!({ "WorkingDir": "own" }), json!({})).contains("absolute path"));
}

#[test]
fn signal_that_stops_a_container_has_many_names() {
    let cases: [(&str, i32); 7] =
        [("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN", 34), ("SIGRTMIN+3", 37), ("RTMAX-1", 63), ("SIGUSR2", 12)];
    for (name, number) in cases {
        let task = task(json!({}), &json!({ "StopSignal": name }), &json!({}));
        assert_eq!(stop_signal(&task.containers[0], &image()), Ok(number), "{name}");
    }
    let quiet = task(json!({}), &json!({}), &json!({}));
    assert_eq!(stop_signal(&quiet.containers[0], &image()), Ok(3));
    assert_eq!(stop_signal(&quiet.containers[0], &ImageConfig::default()), Ok(15));
    for name in ["SIGNOTHING", "0", "65", "SIGRTMIN+99", "-1"] {
        let task = task(json!({}), &json!({ "StopSignal": name }), &json!({}));
        assert!(stop_signal(&task.containers[0], &image()).is_err(), "{name}");
    }
}

#[test]
fn limits_are_bounded_as_agents_bound_them() {
    let mib = 1_u64 << 20;
    let cases = [
        (json!({}), json!({}), (Some(2), None, None)),
        (json!({ "cpu": 0, "memory": 0 }), json!({}), (Some(2), None, None)),
        (json!({ "cpu": 1, "memory": 4 }), json!({}), (Some(2), Some(6 * mib), None)),
        (
            json!({ "cpu": 512, "memory": 64 }),
            json!({ "MemoryReservation": 32 * mib }),
            (Some(512), Some(64 * mib), Some(32 * mib)),
        ),
        (json!({ "cpu": 10_000_000 }), json!({}), (Some(262_144), None, None)),
    ];
    for (container, host, expected) in cases {
        let limits = made(container.clone(), json!({}), host).limits;
        assert_eq!((limits.cpu_shares, limits.memory, limits.memory_reservation), expected, "{container}");
        assert_eq!(limits.pids, Some(4096), "an eighth of the machine's");
    }
    assert!(refused(json!({ "memory": -1 }), json!({}), json!({})).contains("memory of container main: -1 is below zero"));
}

#[test]
fn task_is_a_group_with_limits_of_its_own() {
    let base = task(json!({}), &json!({}), &json!({}));
    let limited = acs::Task { cpu: Some(0.25), memory: Some(512), ..base.clone() };
    assert_eq!(group(&limited), Group { name: ID.to_owned(), cpu_millis: Some(250), memory: Some(512 << 20) });
    assert_eq!(group(&base), Group { name: ID.to_owned(), cpu_millis: None, memory: None });
    let made = spec(&base, image()).unwrap();
    assert_eq!((made.id, made.group), (format!("{ID}-0000000000"), ID.to_owned()));
    let hostile = acs::Task { arn: "task/../../ETC\0 é".to_owned(), ..base };
    assert_eq!(group(&hostile).name, "etc");
}

#[test]
fn capabilities_follow_dockers_rule() {
    let default = Capability::default_set();
    let named =
        |names: &[&str]| names.iter().map(|name| Capability((*name).to_owned())).collect::<std::collections::BTreeSet<_>>();
    let of = |host: Value| made(json!({}), json!({}), host).process.capabilities;
    assert_eq!(of(json!({})), default);
    assert_eq!(of(json!({ "CapDrop": ["ALL"] })), named(&[]));
    assert_eq!(of(json!({ "CapDrop": ["ALL"], "CapAdd": ["cap_net_admin"] })), named(&["NET_ADMIN"]));
    assert_eq!(of(json!({ "CapAdd": ["SYS_PTRACE"] })), &default | &named(&["SYS_PTRACE"]));
    assert_eq!(of(json!({ "CapDrop": ["MKNOD"] })), &default - &named(&["MKNOD"]));
    let all = of(json!({ "CapAdd": ["ALL"], "CapDrop": ["SYS_ADMIN"] }));
    assert_eq!((all.len(), all.contains(&Capability("SYS_ADMIN".to_owned()))), (40, false));
    assert!(refused(json!({}), json!({}), json!({ "CapAdd": ["FLY"] })).contains("there is no capability FLY"));
}

#[test]
fn limits_of_processes_are_checked_and_have_a_default() {
    let limits = made(json!({}), json!({}), json!({})).process.resource_limits;
    assert_eq!(
        limits.iter().map(|limit| (limit.name.as_str(), limit.soft, limit.hard)).collect::<Vec<_>>(),
        [("nofile", 65_535, 65_535)]
    );
    let ulimit = |name: &str, soft: i64, hard: i64| json!({ "Ulimits": [{ "Name": name, "Soft": soft, "Hard": hard }] });
    let limits = made(json!({}), json!({}), ulimit("nofile", 10, -1)).process.resource_limits;
    assert_eq!(limits.iter().map(|limit| (limit.soft, limit.hard)).collect::<Vec<_>>(), [(10, u64::MAX)]);
    for (name, soft, hard) in [("files", 1, 1), ("nofile", 2, 1), ("nofile", -2, 1)] {
        refused(json!({}), json!({}), ulimit(name, soft, hard));
    }
}

#[test]
fn security_options_are_no_new_privileges_and_a_profile_of_apparmor() {
    let cases = [("no-new-privileges", true), ("no-new-privileges:true", true), ("no-new-privileges=false", false)];
    for (option, expected) in cases {
        assert_eq!(
            made(json!({}), json!({}), json!({ "SecurityOpt": [option] })).process.no_new_privileges,
            expected,
            "{option}"
        );
    }
    let profile = |options| made(json!({}), json!({}), json!({ "SecurityOpt": options })).process.apparmor;
    assert_eq!(profile(json!(["apparmor:a", "no-new-privileges", "apparmor=b"])).as_deref(), Some("b"));
    assert_eq!(profile(json!(["no-new-privileges"])), None);
    for option in ["label:type:x", "apparmor:", "no-new-privileges:maybe"] {
        assert!(refused(json!({}), json!({}), json!({ "SecurityOpt": [option] })).contains("dockerSecurityOptions"), "{option}");
    }
}

#[test]
fn network_decides_about_name_and_files() {
    let mut task = task(json!({}), &json!({}), &json!({ "ExtraHosts": ["db:fd00::1"] }));
    let none = spec(&task, image()).unwrap();
    assert_eq!((none.network, none.hostname.as_deref()), (Network::Loopback, Some("0123456789ab")));
    let texts = files(&task, &node(), &Connection::to(Network::Loopback));
    assert!(texts["hosts"].starts_with("127.0.0.1\tlocalhost\n") && texts["hosts"].ends_with("\nfd00::1\tdb\n"));
    assert_eq!(
        (texts["hostname"].as_str(), texts["resolv.conf"].as_str()),
        ("0123456789ab\n", "nameserver 10.0.0.2\nsearch lan\n")
    );

    task.network_mode = Some("host".to_owned());
    let on_host = Connection::to(Network::Host);
    let host = connected(&task, image(), &on_host).unwrap();
    assert_eq!((host.network, host.hostname.as_deref()), (Network::Host, None));
    assert!(host.process.env.contains(&"HOSTNAME=node".to_owned()));
    let texts = files(&task, &node(), &on_host);
    assert_eq!(texts["hosts"], "127.0.0.1 localhost\n10.0.0.1 node\nfd00::1\tdb\n");
    assert_eq!(texts["resolv.conf"], node().resolv_conf);

    let own = own();
    let seen = connected(&task, image(), &own).unwrap();
    assert_eq!((seen.network, seen.hostname.as_deref()), (own.network.clone(), Some("ip-172-31-0-4.ec2.internal")));
    let hosts = &files(&task, &node(), &own)["hosts"];
    assert!(hosts.ends_with("\nfd00::1\tdb\n10.64.0.2\tdata db\n172.31.0.4\tip-172-31-0-4.ec2.internal\n"), "{hosts}");
}

#[test]
fn network_mode_is_the_tasks_and_bridge_if_nobody_says() {
    let mode = |said: &str, config: Value| {
        let mut task = task(json!({}), &config, &json!({}));
        task.network_mode = Some(said.to_owned());
        network_mode(&task, &task.containers[0]).map_err(|error| error.to_string())
    };
    let disabled = || json!({ "NetworkDisabled": true });
    for (said, expected) in
        [("", NetworkMode::Bridge), ("bridge", NetworkMode::Bridge), ("host", NetworkMode::Host), ("none", NetworkMode::None)]
    {
        assert_eq!(mode(said, json!({})), Ok(expected), "{said}");
    }
    assert_eq!(mode("awsvpc", json!({})), Ok(NetworkMode::Own));
    assert_eq!(mode("bridge", disabled()), Ok(NetworkMode::None));
    assert!(mode("host", disabled()).unwrap_err().starts_with("disableNetworking of container main"));
    assert!(mode("vlan", json!({})).unwrap_err().starts_with("networkMode of container main"));
}

#[test]
fn what_the_network_tells_is_known_better_by_image_and_definition() {
    let of = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut task = task(json!({}), &json!({}), &json!({}));
        task.containers[0].environment = Hidden(given);
        connected(&task, ImageConfig { env: Vec::new(), ..image() }, &own()).unwrap().process.env[2..].to_vec()
    };
    assert_eq!(of(&[]), ["AWS_ENDPOINT_URL=http://x", "AWS_REGION=r", "AWS_DEFAULT_REGION=r"]);
    assert_eq!(of(&[("AWS_REGION", "mine")]), ["AWS_ENDPOINT_URL=http://x", "AWS_REGION=mine"]);
    assert_eq!(of(&[("AWS_ENDPOINT_URL", "mine")])[0], "AWS_ENDPOINT_URL=mine");
}

#[test]
fn resolvers_that_only_the_machine_reaches_are_replaced() {
    let task = task(json!({}), &json!({}), &json!({}));
    let resolv_conf = |own_file: &str, upstream: &str| {
        let node =
            NodeFacts { resolv_conf: own_file.to_owned(), upstream_resolv_conf: upstream.to_owned(), ..NodeFacts::default() };
        files(&task, &node, &own())["resolv.conf"].clone()
    };
    let stub = "nameserver 127.0.0.53\noptions edns0\n";
    assert_eq!(resolv_conf(stub, "nameserver 10.0.0.2\nsearch lan\n"), "nameserver 10.0.0.2\nsearch lan\n");
    assert_eq!(resolv_conf(stub, ""), "options edns0\nnameserver 169.254.169.253\n");
    assert_eq!(resolv_conf("nameserver fd00::1\n", "nameserver ::1\n"), "nameserver 169.254.169.253\n");
    assert_eq!(resolv_conf("", ""), "nameserver 169.254.169.253\n");
    assert_eq!(resolv_conf("nameserver 10.0.0.9\n", "nameserver 10.0.0.2\n"), "nameserver 10.0.0.9\n");
}

#[test]
fn resolvers_of_the_definition_replace_the_hosts() {
    let host = json!({ "Dns": ["1.1.1.1"], "DnsSearch": ["a", "b"] });
    let task = task(json!({}), &json!({ "Hostname": "own" }), &host);
    let files = files(&task, &node(), &own());
    assert_eq!(files["resolv.conf"], "search a b\nnameserver 1.1.1.1\n");
    assert_eq!(files["hostname"], "own\n");
    assert_eq!(spec(&task, image()).unwrap().hostname.as_deref(), Some("own"));
}

#[test]
fn files_in_etc_are_written_and_bound() {
    let folder = tempfile::tempdir().unwrap();
    let task = task(json!({}), &json!({}), &json!({}));
    let none = Connection::to(Network::Loopback);
    etc_files(&task, &task.containers[0], &node(), &none).unwrap().write(&folder.path().join("etc"), None).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("etc/hostname")).unwrap(), "0123456789ab\n");
    let binds = |host| made(json!({}), json!({}), host).binds;
    let plain = binds(json!({}));
    let targets: Vec<_> = plain.iter().map(|bind| (bind.source.to_str().unwrap(), bind.target.to_str().unwrap())).collect();
    let expected = [
        ("/etc-files/hosts", "/etc/hosts"),
        ("/etc-files/hostname", "/etc/hostname"),
        ("/etc-files/resolv.conf", "/etc/resolv.conf"),
    ];
    assert_eq!(targets, expected);
    assert!(
        plain.iter().all(|bind| !bind.read_only) && binds(json!({ "ReadonlyRootfs": true })).iter().all(|bind| bind.read_only)
    );
}

#[test]
fn switches_are_passed_on() {
    assert!(made(json!({}), json!({ "OpenStdin": true }), json!({})).open_input);
    let spec = made(json!({}), json!({}), json!({ "ReadonlyRootfs": true, "Privileged": true, "ShmSize": 1024, "Init": true }));
    assert!(spec.init);
    assert_eq!((spec.rootfs.read_only, spec.privileged, spec.shm_bytes), (true, true, 1024));
    let spec = made(json!({}), json!({}), json!({}));
    assert_eq!((spec.rootfs.read_only, spec.privileged, spec.shm_bytes), (false, false, 64 << 20));
    assert_eq!(spec.rootfs.layers, [PathBuf::from("/layer")]);
}

#[test]
fn file_systems_in_memory_are_mounted_as_docker_mounts_them() {
    let made = made(json!({}), json!({}), json!({ "Tmpfs": { "/t": "size=1m,exec,mode=700" } }));
    let options = ["noexec", "nosuid", "nodev", "size=1m", "exec", "mode=700"].map(str::to_owned).to_vec();
    assert_eq!(made.tmpfs, [Tmpfs { target: "/t".into(), options }]);
    for (path, options) in [("t", ""), ("/a/../t", ""), ("/t", "bind"), ("/t", "size=1m,remount")] {
        let said = refused(json!({}), json!({}), json!({ "Tmpfs": { path: options } }));
        assert!(said.starts_with("linuxParameters.tmpfs of container main: "), "{said}");
    }
}

#[test]
fn devices_keep_their_place_and_have_all_permissions_unless_said() {
    let made = made(
        json!({}),
        json!({}),
        json!({ "Devices": [
        { "PathOnHost": "/dev/fuse" },
        { "PathOnHost": "/dev/zero", "PathInContainer": "/dev/nought", "CgroupPermissions": "r" },
    ] }),
    );
    let devices: Vec<_> = made.devices.iter().map(|device| (device.target.to_str().unwrap(), device.access.as_str())).collect();
    assert_eq!(devices, [("/dev/fuse", "rwm"), ("/dev/nought", "r")]);
    for device in [json!({ "PathOnHost": "fuse" }), json!({ "PathOnHost": "/dev/fuse", "CgroupPermissions": "x" })] {
        let said = refused(json!({}), json!({}), json!({ "Devices": [device] }));
        assert!(said.starts_with("linuxParameters.devices of container main: "), "{said}");
    }
}

#[test]
fn kernel_settings_are_those_of_namespaces_that_are_the_containers_own() {
    let set = json!({ "Sysctls": { "net.core.somaxconn": "9", "kernel.shmmax": "1", "fs.mqueue.msg_max": "5" } });
    assert_eq!(made(json!({}), json!({}), set.clone()).sysctls.len(), 3);
    let cases = [
        ("kernel.hostname", "is not separately kernel namespaced"),
        ("vm.swappiness", "is not separately kernel namespaced"),
        ("net.ipv4/../x", "is no setting of the kernel"),
        ("net..x", "is no setting of the kernel"),
    ];
    for (name, why) in cases {
        let said = refused(json!({}), json!({}), json!({ "Sysctls": { name: "1" } }));
        assert_eq!(said, format!("systemControls of container main: sysctl '{name}' {why}"));
    }
    let mut on_host = task(json!({}), &json!({}), &set);
    on_host.network_mode = Some("host".to_owned());
    let said = connected(&on_host, image(), &Connection::to(Network::Host)).unwrap_err().to_string();
    assert!(said.ends_with("sysctl 'net.core.somaxconn' not allowed in host network namespace"), "{said}");
}

#[test]
fn swap_comes_on_top_of_memory() {
    let mib = 1_i64 << 20;
    let of = |memory: i64, host: Value| {
        let limits = made(json!({ "memory": memory }), json!({}), host).limits;
        (limits.swap, limits.swappiness)
    };
    assert_eq!(of(64, json!({})), (None, None));
    assert_eq!(of(64, json!({ "MemorySwap": 96 * mib, "MemorySwappiness": 7 })), (Some(32 << 20), Some(7)));
    assert_eq!(of(64, json!({ "MemorySwap": 64 * mib })), (Some(0), None));
    assert_eq!(of(64, json!({ "MemorySwap": -1 })), (None, None));
    assert_eq!(of(0, json!({ "MemorySwap": 96 * mib })), (None, None));
}

#[test]
fn limits_above_the_agents_own_are_reported() {
    let ulimit = |name: &str, hard: i64| {
        let host = json!({ "Ulimits": [{ "Name": name, "Soft": 1, "Hard": hard }] });
        lowered(&task(json!({}), &json!({}), &host).containers[0], &node()).unwrap()
    };
    assert_eq!(ulimit("nofile", 20_000), Vec::<String>::new());
    assert_eq!(ulimit("nofile", 20_001), ["ulimit nofile of 20001 is lowered to this agent's own, 20000"]);
    assert_eq!(ulimit("nofile", -1), ["ulimit nofile of -1 is lowered to this agent's own, 20000"]);
    assert_eq!(ulimit("core", -1), Vec::<String>::new());
}

#[test]
fn containers_share_with_the_host_or_with_what_holds_the_tasks_namespaces() {
    let holder_folder = Path::new("/holder");
    let shared = |pid: Option<&str>, ipc: Option<&str>| {
        let mut task = task(json!({}), &json!({}), &json!({ "ShmSize": 7 }));
        (task.pid_mode, task.ipc_mode) = (pid.map(str::to_owned), ipc.map(str::to_owned));
        let mut spec = spec(&task, image()).unwrap();
        share(&task, &task.containers[0], &mut spec, holder_folder).map(|()| (holder(&task, &spec, Path::new("/empty")), spec))
    };
    let spaces = |pid, ipc| {
        let (holder, spec) = shared(pid, ipc).unwrap();
        (spec.processes, spec.ipc, spec.shm_bytes, holder.is_some())
    };
    let with_holder = || Space::Of(holder_folder.to_owned());
    assert_eq!(spaces(None, None), (Space::Own, Space::Own, 7, false));
    assert_eq!(spaces(Some("host"), Some("host")), (Space::Host, Space::Host, 7, false));
    assert_eq!(spaces(Some("task"), Some("none")), (with_holder(), Space::Own, 0, true));
    assert_eq!(spaces(None, Some("task")), (Space::Own, with_holder(), 7, true));
    let (holder, _) = shared(Some("task"), Some("task")).unwrap();
    let holder = holder.unwrap();
    assert_eq!((holder.process.args.len(), holder.init, holder.shm_bytes), (0, true, 7));
    assert!(holder.process.capabilities.is_empty() && holder.id != shared(None, None).unwrap().1.id);
    for (pid, ipc, field) in [(Some("none"), None, "pidMode"), (None, Some("x"), "ipcMode")] {
        let said = shared(pid, ipc).unwrap_err().to_string();
        assert!(said.starts_with(field), "{said}");
    }
    let mut on_host = task(json!({}), &json!({}), &json!({ "Sysctls": { "kernel.shmmax": "1" } }));
    on_host.ipc_mode = Some("host".to_owned());
    assert!(spec(&on_host, image()).unwrap_err().to_string().ends_with("not allowed in host ipc namespace"));
}

#[test]
fn what_is_not_done_is_refused_by_name() {
    let none = || json!({});
    let cases = [
        (json!({ "secrets": [{ "name": "S" }] }), none(), none(), "secrets"),
        (json!({ "firelensConfiguration": { "type": "fluentd" } }), none(), none(), "firelensConfiguration"),
        (none(), none(), json!({ "PidMode": "host" }), "pidMode"),
    ];
    for (container, config, host, field) in cases {
        let expected = format!("{field} of container main: this agent cannot do that yet");
        assert_eq!(refused(container, config, host), expected);
    }
}

#[test]
fn health_checks_have_the_figures_of_ecs_where_nothing_is_said() {
    let of = |check: Value| {
        let task = task(json!({}), &json!({ "Healthcheck": check }), &json!({}));
        (check_command(&task.containers[0]).unwrap(), checks(&task.containers[0]))
    };
    let seconds = Duration::from_secs;
    let (command, said) = of(json!({ "Test": ["CMD-SHELL", "a && b"] }));
    assert_eq!(command.unwrap(), ["/bin/sh", "-c", "a && b"]);
    assert_eq!(said, Some(Checks::new(seconds(30), seconds(5), 3, seconds(0))));
    let all = json!({
        "Test": ["CMD", "/check", "it"], "Interval": 7_000_000_000_i64, "Timeout": 2_000_000_000_i64, "Retries": 1,
        "StartPeriod": 60_000_000_000_i64
    });
    let (command, said) = of(all);
    assert_eq!((command.unwrap(), said), (strings(&["/check", "it"]), Some(Checks::new(seconds(7), seconds(2), 1, seconds(60)))));
    assert_eq!((of(json!({ "Test": ["NONE"] })), of(json!({}))), ((None, None), (None, None)));
    for wrong in [json!(["true"]), json!(["CMD"]), json!(["CMD-SHELL", "a", "b"])] {
        let said = refused(json!({}), json!({ "Healthcheck": { "Test": wrong } }), json!({}));
        assert!(said.starts_with("healthCheck of container main: it has to be CMD and a command"), "{said}");
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn damaged_docker_config_is_refused() {
    let mut task = task(json!({}), &json!({}), &json!({}));
    task.containers[0].docker_config.as_mut().unwrap().host_config = Some("{".to_owned());
    assert!(spec(&task, image()).unwrap_err().to_string().contains("dockerConfig.hostConfig of container main"));
}
