//! `berth scale`: how many tasks services have.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use berth_api::ecs::{Service, UpdateServiceRequest};
use berth_client::Client;

use crate::cli::Place;
use crate::connection::Connection;
use crate::interrupts::{INTERRUPTED, Interrupts};
use crate::services::{self, Bulletin};
use crate::tasks::LOOK;
use crate::terminal::{self, WAITING};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It waits until each service has as many tasks running, tells their events meanwhile, and exits with 0 then; with 1 if --timeout is over, or \
somebody else scaled or deleted a service meanwhile. Ctrl-C ends the waiting alone, with 130: the services go on.")]
pub(crate) struct Scale {
    #[command(flatten)]
    place: Place,

    /// Services, and how many tasks each is to have
    #[arg(required = true, value_name = "SERVICE=COUNT", value_parser = target)]
    targets: Vec<(String, i32)>,

    /// Do not wait until it is so
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,

    /// Give up waiting after so many seconds, as a failure
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,

    /// Print one JSON object for each
    #[arg(long)]
    json: bool,
}

/// `SERVICE=COUNT`.
fn target(text: &str) -> Result<(String, i32), String> {
    let pair = text.split_once('=').filter(|(service, _)| !service.is_empty());
    let Some((service, count)) = pair else { return Err("say it as web=3".to_owned()) };
    match count.parse() {
        Ok(count @ 0..) => Ok((service.to_owned(), count)),
        _ => Err(format!("{count} is no number of tasks")),
    }
}

pub(super) async fn run(arguments: &Scale) -> Result<ExitCode> {
    let connection = Connection::open(&arguments.place.data.data_dir)?;
    let (client, cluster) = (&connection.client, arguments.place.cluster.as_str());
    // A mistake in one of them scales none.
    for (name, _) in &arguments.targets {
        services::find(client, cluster, name).await?;
    }
    let mut interrupts = Interrupts::new()?;
    let mut left = Vec::new();
    for (name, count) in &arguments.targets {
        let input = UpdateServiceRequest {
            cluster: Some(cluster.to_owned()),
            service: name.clone(),
            desired_count: Some(*count),
            ..Default::default()
        };
        let service = services::update(client, &input).await?;
        left.push(Scaled { bulletin: Bulletin::after(&service), name: name.clone(), count: *count });
    }
    let timeout = arguments.timeout.map_or(Duration::MAX, Duration::from_secs);
    let names = arguments.targets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    tokio::select! {
        ended = awaited(client, cluster, left, arguments) => ended.map(|()| ExitCode::SUCCESS),
        () = interrupts.next() => {
            terminal::note(format_args!("{WAITING}{names} goes on; `berth services` shows how far it is{WAITING:#}"));
            Ok(ExitCode::from(INTERRUPTED))
        }
        () = tokio::time::sleep(timeout) => {
            let first = arguments.targets.first().map_or("", |(name, _)| name);
            bail!("{names} is not there after {} s, and goes on; `berth why {first}` says what is missing", timeout.as_secs())
        }
    }
}

/// A service that was told how many tasks to have.
#[derive(Debug)]
struct Scaled {
    name: String,
    count: i32,
    bulletin: Bulletin,
}

/// Waits for all of them, and tells of each once it is there.
async fn awaited(client: &Client, cluster: &str, mut left: Vec<Scaled>, arguments: &Scale) -> Result<()> {
    loop {
        let mut waiting = Vec::new();
        for mut one in left {
            let service = services::find(client, cluster, &one.name).await?;
            one.bulletin.tell(&service);
            check(&one, &service)?;
            if arguments.no_wait || services::is_settled(&service) {
                tell(&service, arguments.json)?;
            } else {
                waiting.push(one);
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        left = waiting;
        tokio::time::sleep(LOOK).await;
    }
}

/// Fails if what is waited for does not come any more.
fn check(scaled: &Scaled, service: &Service) -> Result<()> {
    let Scaled { name, count, .. } = scaled;
    if !services::is_active(service) {
        bail!("service {name} was deleted meanwhile");
    }
    if let Some(other) = service.desired_count.filter(|desired| desired != count) {
        bail!("service {name} is to have {other} tasks now, not {count}: somebody else scaled it meanwhile");
    }
    Ok(())
}

fn tell(service: &Service, json: bool) -> Result<()> {
    if json {
        return terminal::print(&format!("{}\n", services::as_json(service)));
    }
    terminal::print(&format!("{}  {}\n", services::name(service), services::counts(service)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn services_are_scaled_to_numbers_of_tasks() {
        assert_eq!(super::target("web=3"), Ok(("web".to_owned(), 3)));
        assert_eq!(super::target("web=0"), Ok(("web".to_owned(), 0)));
        for wrong in ["web", "=3", "web=", "web=-1", "web=many", "web=3=4"] {
            assert!(super::target(wrong).is_err(), "{wrong}");
        }
    }
}
