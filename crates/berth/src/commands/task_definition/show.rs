//! `berth task-definition show`.

use anyhow::{Context as _, Result};
use berth_api::ecs::{DescribeTaskDefinitionRequest, TaskDefinition};
use berth_wire::Shape as _;
use berth_wire::json::JsonWriter;

use crate::cli::Data;
use crate::connection::Connection;
use crate::terminal;

#[derive(Debug, clap::Args)]
#[command(after_help = "Without a number it is the newest active revision. `berth validate -` reads what this prints.")]
pub(super) struct Show {
    #[command(flatten)]
    data: Data,

    /// FAMILY or FAMILY:NUMBER
    #[arg(value_name = "FAMILY[:NUMBER]")]
    name: String,
}

pub(super) async fn run(arguments: &Show) -> Result<()> {
    let connection = Connection::open(&arguments.data.data_dir)?;
    let name = &arguments.name;
    let input = DescribeTaskDefinitionRequest { task_definition: name.clone(), ..Default::default() };
    let answer = connection.client.call(&input).await.with_context(|| format!("describing {name}"))?;
    let found = answer.task_definition.with_context(|| format!("{name} is not described"))?;
    terminal::print(&format!("{}\n", serde_json::to_string_pretty(&registrable(found)?)?))
}

/// Without what describing adds.
fn registrable(definition: TaskDefinition) -> Result<serde_json::Value> {
    let given = TaskDefinition {
        task_definition_arn: None,
        revision: None,
        status: None,
        requires_attributes: None,
        compatibilities: None,
        registered_at: None,
        registered_by: None,
        deregistered_at: None,
        delete_requested_at: None,
        ..definition
    };
    let mut writer = JsonWriter::new();
    given.write(TaskDefinition::PLACE, &mut writer);
    serde_json::from_slice(&writer.into_bytes()).context("reading the definition")
}
