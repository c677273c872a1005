//! Times containers and weighs what holds them: `measure SHIM LAYER PROGRAM [COUNT]`, as root. Prints milliseconds of create and
//! start, warm (back to back) and cold (each after a quiet moment), and the proportional memory of each waiting shim.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use berth_runtime::{
    Capability, ContainerSpec, Embedded, EmbeddedOptions, Folder, Group, Holder, IdMap, Limits, Network, Output, ProcessSpec,
    Rootfs, Runtime, WhenFull,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.get(3).map_or(40, |count| count.parse().unwrap());
    let folder = tempfile::Builder::new().prefix("berth-measure-").tempdir_in("/var/tmp").unwrap();
    let cgroup = format!("/berth/measure-{}", std::process::id());
    let shim = PathBuf::from(&arguments[0]);
    let options = EmbeddedOptions { shim, cgroup: cgroup.clone(), namespaces: None, runtimes: Default::default() };
    let runtime = Embedded::open(options).unwrap();
    runtime.make_group(&Group { name: "task".to_owned(), cpu_millis: None, memory: None }).unwrap();
    let spec = |id: String| spec(id, Path::new(&arguments[1]), arguments[2].split(' ').map(str::to_owned).collect());
    for (name, pause) in [("warm", Duration::ZERO), ("cold", Duration::from_millis(100))] {
        let kinds = [("the host's ids", None), ("own ids", Some(IdMap { first: 1_900_000_000, count: 65_536 }))];
        let mut times = kinds.map(|_| (Vec::new(), Vec::new()));
        for number in 0..count {
            // One kind after the other, so that both have the same machine.
            for ((_, id_map), (creates, starts)) in kinds.iter().zip(&mut times) {
                std::thread::sleep(pause);
                let id = format!("{name}-{number}-{}", u8::from(id_map.is_some()));
                let path = folder.path().join(&id);
                let spec = ContainerSpec { id_map: *id_map, ..spec(id) };
                let began = Instant::now();
                runtime.create(&path, &spec).unwrap();
                creates.push(began.elapsed());
                runtime.start(&path).unwrap();
                starts.push(began.elapsed());
                runtime.delete(&path).unwrap();
            }
        }
        for ((kind, _), (creates, starts)) in kinds.iter().zip(times) {
            println!("{name}, {kind}: create p50 {:.2} ms, create and start p50 {:.2} ms", median(creates), median(starts));
        }
    }
    let held: Vec<PathBuf> = (0..20).map(|number| folder.path().join(format!("held-{number}"))).collect();
    for path in &held {
        runtime.create(path, &spec(path.file_name().unwrap().to_string_lossy().into_owned())).unwrap();
        runtime.start(path).unwrap();
    }
    let mut sizes: Vec<u64> = held.iter().map(|path| proportional(path)).collect();
    sizes.sort_unstable();
    println!("a waiting shim: {} KiB of proportional memory, {} of them at once", sizes[sizes.len() / 2], sizes.len());
    for path in &held {
        runtime.delete(path).unwrap();
    }
    runtime.remove_group("task").unwrap();
    runtime.end_launcher();
    berth_runtime::cgroup::Cgroups::find().unwrap().remove(&cgroup).unwrap();
}

fn spec(id: String, layer: &Path, args: Vec<String>) -> ContainerSpec {
    ContainerSpec {
        id,
        group: "task".to_owned(),
        rootfs: Rootfs { layers: vec![layer.to_owned()], read_only: false, changes: None },
        process: ProcessSpec {
            args,
            env: Vec::new(),
            cwd: String::new(),
            user: String::new(),
            capabilities: Capability::default_set(),
            no_new_privileges: false,
            resource_limits: Vec::new(),
            terminal: false,
            apparmor: None,
        },
        init: false,
        open_input: false,
        processes: berth_runtime::Space::Own,
        ipc: berth_runtime::Space::Own,
        hostname: None,
        network: Network::Loopback,
        binds: Vec::new(),
        tmpfs: Vec::new(),
        devices: Vec::new(),
        sysctls: Default::default(),
        shm_bytes: 64 << 20,
        privileged: false,
        limits: Limits::default(),
        id_map: None,
        output: Output::Keep { segment_bytes: 1 << 20, segments: 4, when_full: WhenFull::Block },
        runtime: None,
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// KiB of a container's shim.
fn proportional(path: &Path) -> u64 {
    let holder: Holder = Holder::last(&fs::read(Folder::new(path).holder()).unwrap()).unwrap().unwrap();
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", holder.shim.pid)).unwrap();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
