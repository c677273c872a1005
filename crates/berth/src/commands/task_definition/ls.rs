//! `berth task-definition ls`.

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, SortOrder, TaskDefinitionFamilyStatus};
use berth_client::Client;

use crate::cli::Data;
use crate::connection::Connection;
use crate::{tasks, terminal};

#[derive(Debug, clap::Args)]
pub(super) struct Ls {
    #[command(flatten)]
    data: Data,

    /// A family, for its active revisions, the newest first
    family: Option<String>,

    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Ls) -> Result<()> {
    let connection = Connection::open(&arguments.data.data_dir)?;
    let names = match &arguments.family {
        Some(family) => revisions(&connection.client, family).await?,
        None => families(&connection.client).await?,
    };
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::to_string(&names)?));
    }
    terminal::print(&names.iter().map(|name| format!("{name}\n")).collect::<String>())
}

async fn families(client: &Client) -> Result<Vec<String>> {
    let mut families = Vec::new();
    let mut input =
        api::ListTaskDefinitionFamiliesRequest { status: Some(TaskDefinitionFamilyStatus::Active), ..Default::default() };
    loop {
        let answer = client.call(&input).await.context("listing families of task definitions")?;
        families.extend(answer.families.unwrap_or_default());
        match answer.next_token {
            Some(token) => input.next_token = Some(token),
            None => return Ok(families),
        }
    }
}

async fn revisions(client: &Client, family: &str) -> Result<Vec<String>> {
    let mut revisions = Vec::new();
    let mut input = api::ListTaskDefinitionsRequest {
        family_prefix: Some(family.to_owned()),
        sort: Some(SortOrder::Desc),
        ..Default::default()
    };
    loop {
        let answer = client.call(&input).await.with_context(|| format!("listing the revisions of {family}"))?;
        let arns = answer.task_definition_arns.unwrap_or_default();
        revisions.extend(arns.iter().map(|arn| tasks::id(arn).to_owned()));
        match answer.next_token {
            Some(token) => input.next_token = Some(token),
            None => return Ok(revisions),
        }
    }
}
