//! `berth task-definition ls`.

use anyhow::{Context as _, Result};
use berth_api::ecs::{self as api, SortOrder, TaskDefinitionFamilyStatus};
use berth_client::Client;

use crate::cli::Data;
use crate::connection::Connection;
use crate::terminal::{self, Watch};
use crate::{listing, tasks};

#[derive(Debug, clap::Args)]
pub(super) struct Ls {
    #[command(flatten)]
    data: Data,

    /// A family, for its active revisions, the newest first
    family: Option<String>,

    #[command(flatten)]
    watch: Watch,

    /// Print a JSON array
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

pub(super) async fn run(arguments: &Ls) -> Result<()> {
    let connection = Connection::open(&arguments.data.data_dir)?;
    let names = async || match &arguments.family {
        Some(family) => revisions(&connection.client, family).await,
        None => families(&connection.client).await,
    };
    if arguments.json {
        return terminal::print(&format!("{}\n", serde_json::to_string(&names().await?)?));
    }
    arguments.watch.print(async || Ok(names().await?.iter().map(|name| format!("{name}\n")).collect())).await
}

async fn families(client: &Client) -> Result<Vec<String>> {
    let status = Some(TaskDefinitionFamilyStatus::Active);
    let input = api::ListTaskDefinitionFamiliesRequest { status, ..Default::default() };
    listing::all(client, input).await.context("listing families of task definitions")
}

async fn revisions(client: &Client, family: &str) -> Result<Vec<String>> {
    let family_prefix = Some(family.to_owned());
    let input = api::ListTaskDefinitionsRequest { family_prefix, sort: Some(SortOrder::Desc), ..Default::default() };
    let arns = listing::all(client, input).await.with_context(|| format!("listing the revisions of {family}"))?;
    Ok(arns.iter().map(|arn| tasks::id(arn).to_owned()).collect())
}
