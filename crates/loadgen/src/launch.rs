//! Clients that launch tasks, each one after the other, and see them RUNNING. What they take of the processors is theirs to say: it is
//! time that the machine under measurement does not have.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::cli::Launch;
use crate::connection::Connection;
use crate::process::Spent;
use crate::request::Signer;

const SERVICE: &str = "AmazonEC2ContainerServiceV20141113";
/// A task that is not RUNNING by then never will be.
const PATIENCE: Duration = Duration::from_secs(60);

/// Launches tasks and prints what they are and how long all of them took, as JSON.
#[allow(clippy::print_stdout)] // What this program is for.
pub(crate) fn run(launch: &Launch) -> Result<()> {
    let before = Spent::now(&[])?;
    let began = Instant::now();
    let tasks = thread::scope(|scope| {
        let clients: Vec<_> = (0..launch.clients).map(|_| scope.spawn(|| client(launch))).collect();
        let mut all = Vec::with_capacity(launch.clients * launch.each);
        for client in clients {
            all.extend(client.join().map_err(|_| anyhow!("a thread panicked"))??);
        }
        anyhow::Ok(all)
    })?;
    let took = began.elapsed();
    let spent = Spent::now(&[])?.since(&before);
    println!(
        "{}",
        json!({
            "tasks": tasks,
            "seconds": took.as_secs_f64(),
            "client_cpu_seconds": spent.client.as_secs_f64(),
            "machine_cpu_seconds": spent.machine.as_secs_f64(),
        })
    );
    Ok(())
}

fn client(launch: &Launch) -> Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting a client's runtime")?;
    runtime.block_on(async {
        let mut client = Client { connection: Connection::to(launch.at.address), signer: Signer::new(&launch.at, "ecs") };
        let mut tasks = Vec::with_capacity(launch.each);
        for _ in 0..launch.each {
            let request = client.signed("RunTask", &launch.request)?;
            let answer = client.call("RunTask", &request).await?;
            let task =
                answer["tasks"][0]["taskArn"].as_str().with_context(|| format!("RunTask: {}", answer["failures"]))?.to_owned();
            client.awaits_running(&task, Duration::from_millis(launch.look)).await?;
            tasks.push(task);
        }
        Ok(tasks)
    })
}

/// A connection and the key that its requests are signed with.
struct Client {
    connection: Connection,
    signer: Signer,
}

impl Client {
    fn signed(&self, operation: &str, body: &str) -> Result<Vec<u8>> {
        self.signer.request(&format!("{SERVICE}.{operation}"), body)
    }

    async fn call(&mut self, operation: &str, request: &[u8]) -> Result<Value> {
        let answer = self.connection.call(request).await.with_context(|| operation.to_owned())?;
        serde_json::from_slice(answer).with_context(|| format!("reading the answer of {operation}"))
    }

    async fn awaits_running(&mut self, task: &str, look: Duration) -> Result<()> {
        // Signed once: the server takes it for longer than the patience lasts.
        let request = self.signed("DescribeTasks", &json!({ "tasks": [task] }).to_string())?;
        let began = Instant::now();
        loop {
            let answer = self.call("DescribeTasks", &request).await?;
            let seen = &answer["tasks"][0];
            match seen["lastStatus"].as_str() {
                Some("RUNNING") => return Ok(()),
                Some("STOPPED") => bail!("{task} stopped: {} {}", seen["stoppedReason"], seen["containers"]),
                _ => ensure!(began.elapsed() < PATIENCE, "{task} is {} after {PATIENCE:?}", seen["lastStatus"]),
            }
            tokio::time::sleep(look).await;
        }
    }
}
