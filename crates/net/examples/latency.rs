//! What a slot costs: taken from the pool and made on the spot, released, and what an element of a map costs. Needs root;
//! works in a network namespace of its own.
//!
//! `cargo run --release -p berth-net --example latency`

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use berth_net::{Addressing, Attach, Networks, Options, Protocol, Publication, clean};
use nix::sched::{CloneFlags, unshare};

const ROUNDS: u16 = 200;

fn main() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET).context("this needs root")?;
    let run = tempfile::tempdir()?;
    for (idle, slots) in [(0, 0), (0, 32), (500, 32)] {
        let options = Options {
            installation: "be9c11".parse()?,
            run: run.path().to_owned(),
            vpc: "172.31.0.0/16".parse()?,
            bridge: "10.99.0.0/16".parse()?,
            slots,
            mtu: None,
            ids: None,
        };
        let networks = Networks::open(options, |_| false)?;
        for number in 0..idle {
            take(&networks, &format!("idle-{number}"), 0x8000 + number)?;
        }
        println!("\n{} idle tasks, {}", idle, if slots == 0 { "no pool" } else { "pool of 32, 20 ms between tasks" });
        println!("{:<28}{:>9}{:>9}{:>9}  ms", "", "p50", "p95", "max");
        measure(&networks, if slots == 0 { Duration::ZERO } else { Duration::from_millis(20) })?;
        drop(networks);
        clean("be9c11".parse()?, run.path())?;
    }
    Ok(())
}

fn take(networks: &Networks, name: &str, number: u16) -> Result<()> {
    let [c, d] = number.to_be_bytes();
    let address = Ipv4Addr::new(172, 31, c, d);
    let addressing = Addressing::Own { address, mac: [2, 0, 172, 31, c, d], gateway: Ipv4Addr::new(172, 31, 0, 1) };
    networks.take(Attach { name, addressing, own_ids: false })?;
    Ok(())
}

fn measure(networks: &Networks, pause: Duration) -> Result<()> {
    let (mut taken, mut published, mut released, mut checked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 256..256 + ROUNDS {
        std::thread::sleep(pause);
        let start = Instant::now();
        take(networks, "task", number)?;
        taken.push(start.elapsed());
        let start = Instant::now();
        let port = Publication { protocol: Protocol::Tcp, host_port: None, container_port: 80, count: 1 };
        let held = networks.publish("task", &[port])?;
        published.push(start.elapsed());
        let start = Instant::now();
        networks.check()?;
        checked.push(start.elapsed());
        let start = Instant::now();
        networks.release("task");
        released.push(start.elapsed());
        drop(held);
    }
    for (what, times) in [("take", taken), ("publish one port", published), ("release", released), ("check", checked)] {
        row(what, times);
    }
    Ok(())
}

fn row(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    println!("{what:<28}{:>9.3}{:>9.3}{:>9.3}", at(50), at(95), at(100));
}
