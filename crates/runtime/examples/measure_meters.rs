//! What it costs to look at what containers take: `measure_meters [CONTAINERS]`, as root. Groups are made below `/berth/measure-PID`, and
//! removed afterwards.

use std::time::Instant;

use berth_runtime::RuntimeError;
use berth_runtime::cgroup::{Cgroups, Meter};

const ROUNDS: u32 = 20;

fn main() -> Result<(), RuntimeError> {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1000);
    let cgroups = Cgroups::find()?;
    let root = format!("/berth/measure-{}", std::process::id());
    let paths: Vec<String> = (0..count).map(|number| format!("{root}/{number}")).collect();
    let measured = paths.iter().try_for_each(|path| cgroups.make(path)).and_then(|()| measure(&cgroups, &paths));
    cgroups.remove(&root)?;
    Ok(measured?)
}

fn measure(cgroups: &Cgroups, paths: &[String]) -> Result<(), berth_runtime::cgroup::CgroupError> {
    let mut text = Vec::new();
    let kept: Vec<Meter> = paths.iter().filter_map(|path| cgroups.meter(path).transpose()).collect::<Result<_, _>>()?;
    let since = Instant::now();
    for _ in 0..ROUNDS {
        for meter in &kept {
            meter.read(&mut text)?;
        }
    }
    say("kept open", since, kept.len());
    drop(kept);
    let since = Instant::now();
    for _ in 0..ROUNDS {
        for path in paths {
            if let Some(meter) = cgroups.meter(path)? {
                meter.read(&mut text)?;
            }
        }
    }
    say("opened for each look", since, paths.len());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what it is run for")]
fn say(how: &str, since: Instant, containers: usize) {
    let look = since.elapsed() / ROUNDS;
    println!("{how}: {look:?} for {containers} containers, {:?} for each", look / u32::try_from(containers).unwrap_or(u32::MAX));
}
