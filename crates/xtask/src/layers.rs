//! The floor plan of `layers.toml`, checked against what cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    imports: BTreeMap<String, Vec<String>>,
    pure: Pure,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pure {
    crates: Vec<String>,
    forbidden: Vec<String>,
}

/// Checks every workspace crate; fails with all findings at once.
pub(crate) fn run(root: &Path) -> Result<()> {
    let text = std::fs::read_to_string(root.join("layers.toml")).context("reading layers.toml")?;
    let plan: Plan = toml::from_str(&text).context("parsing layers.toml")?;
    let metadata = metadata(root)?;
    let mut findings = direct(&plan, &metadata)?;
    findings.extend(reached(&plan, &metadata)?);
    findings.extend(bans(&plan, root));
    if findings.is_empty() {
        return Ok(());
    }
    bail!("the floor plan is broken:\n  {}", findings.join("\n  "))
}

fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .context("starting cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("parsing cargo metadata")
}

fn short(package: &str) -> &str {
    package.strip_prefix("berth-").unwrap_or(package)
}

fn members(metadata: &Value) -> impl Iterator<Item = &Value> {
    let ids: BTreeSet<&str> = metadata["workspace_members"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(move |package| ids.contains(package["id"].as_str().unwrap_or_default()))
}

/// Edges between our crates (tests may use `testkit`), and the lint table.
fn direct(plan: &Plan, metadata: &Value) -> Result<Vec<String>> {
    let ours: BTreeSet<&str> = members(metadata).filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for package in members(metadata) {
        let name = package["name"].as_str().context("a package without name")?;
        let Some(allowed) = plan.imports.get(short(name)) else {
            findings.push(format!("{name} is not in layers.toml"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let import = dependency["name"].as_str().unwrap_or_default();
            let testkit_in_tests = import == "berth-testkit" && dependency["kind"] == "dev";
            if ours.contains(import) && !testkit_in_tests && !allowed.iter().any(|allowed| allowed == short(import)) {
                findings.push(format!("{name} imports {import}, which layers.toml does not allow"));
            }
        }
        let manifest = package["manifest_path"].as_str().context("a package without manifest")?;
        let text = std::fs::read_to_string(manifest).with_context(|| format!("reading {manifest}"))?;
        let manifest: toml::Value = toml::from_str(&text).with_context(|| format!("parsing {manifest}"))?;
        if manifest.get("lints").and_then(|lints| lints.get("workspace")) != Some(&toml::Value::Boolean(true)) {
            findings.push(format!("{name} does not take the workspace's lints"));
        }
    }
    Ok(findings)
}

/// What the pure crates reach through normal dependencies.
fn reached(plan: &Plan, metadata: &Value) -> Result<Vec<String>> {
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().into_iter().flatten() {
        let id = node["id"].as_str().context("a node without id")?;
        let normal = node["deps"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|edge| edge["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null()));
        edges.insert(id, normal.filter_map(|edge| edge["pkg"].as_str()).collect());
    }
    let mut findings = Vec::new();
    for package in members(metadata) {
        let (Some(id), Some(name)) = (package["id"].as_str(), package["name"].as_str()) else { continue };
        if !plan.pure.crates.iter().any(|pure| pure == short(name)) {
            continue;
        }
        let mut seen = BTreeSet::from([id]);
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            for edge in edges.get(id).into_iter().flatten() {
                if seen.insert(edge) {
                    next.push(edge);
                }
            }
        }
        let bad =
            seen.iter().filter_map(|id| names.get(id)).filter(|reached| plan.pure.forbidden.iter().any(|bad| bad == *reached));
        findings.extend(bad.map(|reached| format!("{name} is pure and reaches {reached}")));
    }
    Ok(findings)
}

/// Pure crates carry a clippy.toml that bans clocks, files and the environment.
fn bans(plan: &Plan, root: &Path) -> Vec<String> {
    let lacks = |name: &&String| {
        let text = std::fs::read_to_string(root.join("crates").join(name).join("clippy.toml")).unwrap_or_default();
        !text.contains("std::time::SystemTime::now")
    };
    plan.pure
        .crates
        .iter()
        .filter(lacks)
        .map(|name| format!("crates/{name}/clippy.toml lacks the bans of a pure crate"))
        .collect()
}
