//! An agent: registered, with streams, and with an engine that has the habits.

use anyhow::{Context as _, Result, bail};
use berth_api::acs::{AttachTaskNetworkInterfaces, ControlMessage, Payload, Task};
use serde_json::{Value, json};

use super::control::connect;
use super::{ControlStream, Engine, Report, TelemetryStream};
use crate::aws::{AwsClient, now};

const VERSION: &str = "1.105.1";
const HASH: &str = "8dfceca";
const DOCKER: &str = "20.10.24";

/// An agent of one container instance.
#[derive(Debug)]
pub struct ProtocolAgent {
    /// Signs what it calls.
    pub client: AwsClient,
    /// Its cluster, by short name.
    pub cluster: String,
    /// Its instance's ARN.
    pub instance: String,
    /// What it knows.
    pub engine: Engine,
    /// Whether it has had a control stream: only on the first it asks for credentials.
    has_connected: bool,
    /// Where its streams are: asked once, for it is good for half a day.
    endpoints: Option<Endpoints>,
}

#[derive(Debug, Clone)]
struct Endpoints {
    control: String,
    telemetry: String,
}

impl ProtocolAgent {
    /// Registers an instance of 4 processors and 8 GiB.
    ///
    /// # Errors
    /// It was refused.
    pub async fn register(client: AwsClient, cluster: &str) -> Result<Self> {
        Self::register_with(client, cluster, &[]).await
    }

    /// Registers the same with further attributes.
    ///
    /// # Errors
    /// It was refused.
    pub async fn register_with(client: AwsClient, cluster: &str, attributes: &[(&str, &str)]) -> Result<Self> {
        let docker = (17..=32).map(|minor| format!("com.amazonaws.ecs.capability.docker-remote-api.1.{minor}"));
        let others = [
            "com.amazonaws.ecs.capability.logging-driver.json-file",
            "com.amazonaws.ecs.capability.logging-driver.awslogs",
            "com.amazonaws.ecs.capability.privileged-container",
            "ecs.capability.container-health-check",
            "ecs.capability.container-ordering",
            "ecs.capability.full-sync",
            "ecs.capability.task-cpu-mem-limit",
        ];
        let further = attributes.iter().map(|(name, value)| json!({ "name": name, "value": value }));
        let named = docker.chain(others.map(str::to_owned)).map(|name| json!({ "name": name }));
        let attributes: Vec<Value> = named.chain(further).collect();
        let request = json!({
            "cluster": cluster,
            "attributes": attributes,
            "totalResources": [
                { "name": "CPU", "type": "INTEGER", "integerValue": 4096 },
                { "name": "MEMORY", "type": "INTEGER", "integerValue": 8192 },
                { "name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "2375", "2376", "51678", "51679"] },
                { "name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": [] },
            ],
        });
        let answer = client.ecs("RegisterContainerInstance", &request).await?;
        let instance = answer.pointer("/containerInstance/containerInstanceArn").and_then(Value::as_str);
        Ok(Self {
            instance: instance.context("the answer has no container instance")?.to_owned(),
            client,
            cluster: cluster.to_owned(),
            engine: Engine::default(),
            has_connected: false,
            endpoints: None,
        })
    }

    async fn endpoints(&mut self) -> Result<Endpoints> {
        if let Some(endpoints) = &self.endpoints {
            return Ok(endpoints.clone());
        }
        let request = json!({ "cluster": self.cluster, "containerInstance": self.instance, "zoneId": "" });
        let answer = self.client.ecs("DiscoverPollEndpoint", &request).await?;
        let member = |name: &str| {
            let text = answer.get(name).and_then(Value::as_str);
            text.map(str::to_owned).with_context(|| format!("the answer has no {name}"))
        };
        let endpoints = Endpoints { control: member("endpoint")?, telemetry: member("telemetryEndpoint")? };
        Ok(self.endpoints.insert(endpoints).clone())
    }

    /// Opens its control stream.
    ///
    /// # Errors
    /// A [`Refusal`](super::Refusal) if it was refused.
    pub async fn connect(&mut self) -> Result<ControlStream> {
        let endpoint = self.endpoints().await?.control;
        let docker = format!("DockerVersion: {DOCKER}");
        let parameters = [
            ("agentHash", HASH),
            ("agentVersion", VERSION),
            ("clusterArn", self.cluster.as_str()),
            ("containerInstanceArn", self.instance.as_str()),
            ("dockerVersion", docker.as_str()),
            ("protocolVersion", "2"),
            ("sendCredentials", if self.has_connected { "false" } else { "true" }),
            ("seqNum", "1"),
        ];
        let connection = connect(&self.client, &endpoint, &parameters).await?;
        self.has_connected = true;
        Ok(ControlStream(connection.socket))
    }

    /// Opens its telemetry stream.
    ///
    /// # Errors
    /// A [`Refusal`](super::Refusal) if it was refused.
    pub async fn connect_telemetry(&mut self) -> Result<TelemetryStream> {
        let endpoint = self.endpoints().await?.telemetry;
        let parameters = [
            ("agentHash", HASH),
            ("agentVersion", VERSION),
            ("cluster", self.cluster.as_str()),
            ("containerInstance", self.instance.as_str()),
            ("dockerVersion", DOCKER),
        ];
        let connection = connect(&self.client, &endpoint, &parameters).await?;
        Ok(TelemetryStream { connection, client: self.client.clone() })
    }

    /// Starts anew, without what a process does not keep.
    pub fn restart(&mut self) {
        self.has_connected = false;
        self.endpoints = None;
    }

    /// Takes the next message, and does what the engine makes of it.
    ///
    /// # Errors
    /// The stream was closed, or a report was refused.
    pub async fn take(&mut self, stream: &mut ControlStream) -> Result<ControlMessage> {
        let message = stream.next().await?;
        let reaction = self.engine.take(&message);
        for answer in &reaction.answers {
            stream.send(answer).await?;
        }
        for report in &reaction.reports {
            self.submit(report).await?;
        }
        Ok(message)
    }

    /// Takes messages until a payload has come.
    ///
    /// # Errors
    /// As [`ProtocolAgent::take`]; or the payload holds not exactly one task.
    pub async fn take_payload(&mut self, stream: &mut ControlStream) -> Result<(Payload, Task)> {
        loop {
            if let ControlMessage::Payload(payload) = self.take(stream).await? {
                match payload.tasks.as_slice() {
                    [task] => return Ok((payload.clone(), task.clone())),
                    tasks => bail!("a payload with {} tasks", tasks.len()),
                }
            }
        }
    }

    /// Submits that the interface of an attach message is there.
    ///
    /// # Errors
    /// It was refused.
    pub async fn attached(&self, message: &AttachTaskNetworkInterfaces) -> Result<()> {
        let arns = message.elastic_network_interfaces.iter().map(|interface| &interface.attachment_arn);
        let attachments: Vec<Value> = arns.map(|arn| json!({ "attachmentArn": arn, "status": "ATTACHED" })).collect();
        let request = json!({ "cluster": self.cluster, "task": message.task_arn, "attachments": attachments });
        self.client.ecs("SubmitTaskStateChange", &request).await?;
        Ok(())
    }

    /// Submits what happened to a task.
    ///
    /// # Errors
    /// It was refused.
    pub async fn submit(&self, report: &Report) -> Result<()> {
        let seconds = now().0 as f64 / 1000.0;
        self.client.ecs("SubmitTaskStateChange", &report.request(&self.cluster, seconds)).await?;
        Ok(())
    }
}
