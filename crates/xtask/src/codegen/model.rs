//! A service model, cut down to the wanted operations and the shapes they reach.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::codegen::config::{Config, EnumText, Member, Operations, Service};

/// One service: what the generators read.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) service: Service,
    pub(crate) metadata: Value,
    /// By name, sorted.
    pub(crate) operations: BTreeMap<String, Value>,
    /// Reachable shapes, by name, sorted. Errors are among them only with the members they have besides a message; `Unit`
    /// stands for an input or output that the model leaves out.
    pub(crate) shapes: BTreeMap<String, Value>,
    /// Modelled errors of the wanted operations, by shape name.
    pub(crate) errors: BTreeMap<String, Value>,
}

impl Model {
    pub(crate) fn load(root: &Path, data: &Path, service: &Service, overlay: &Config) -> Result<Self> {
        let mut document = load_json(&data.join(&service.model).join("service-2.json.gz"))?;
        if let Some(path) = &service.additions {
            add(&mut document, &load_json(&root.join(path))?["merge"], "the model")?;
        }
        for member in overlay.members.iter().filter(|member| member.module == service.module) {
            add_member(&mut document, member)?;
        }
        for text in overlay.enum_texts.iter().filter(|text| text.module == service.module) {
            add_text(&mut document, text)?;
        }
        let all = document["shapes"].as_object().context("no shapes")?;
        let operations = wanted(&document, service)?;
        let mut reached = BTreeSet::new();
        let mut errors = BTreeMap::new();
        for operation in operations.values() {
            for side in ["input", "output"] {
                if let Some(name) = operation[side]["shape"].as_str() {
                    reach(all, name, &mut reached)?;
                }
            }
            for error in operation["errors"].as_array().into_iter().flatten() {
                let name = error["shape"].as_str().context("an error without shape")?;
                errors.insert(name.to_owned(), all.get(name).context("an unknown error shape")?.clone());
            }
        }
        for error in errors.values() {
            for member in error["members"].as_object().into_iter().flat_map(|members| members.values()) {
                reach(all, text(member, "shape")?, &mut reached)?;
            }
        }
        let mut shapes: BTreeMap<String, Value> =
            reached.into_iter().filter_map(|name| all.get(&name).map(|shape| (name, shape.clone()))).collect();
        for (name, error) in &errors {
            let detail = without_message(error);
            if detail["members"].as_object().is_some_and(|members| !members.is_empty()) {
                shapes.insert(name.clone(), detail);
            }
        }
        if operations.values().any(|operation| operation["input"].is_null() || operation["output"].is_null()) {
            shapes.insert("Unit".to_owned(), serde_json::json!({ "type": "structure", "members": {} }));
        }
        Ok(Self { service: service.clone(), metadata: document["metadata"].clone(), operations, shapes, errors })
    }

    /// Whether an operation answers with events, one after the other.
    pub(crate) fn answers_events(&self, operation: &Value) -> bool {
        let members = self.shape(operation["output"]["shape"].as_str().unwrap_or_default())["members"].as_object();
        let mut targets = members.into_iter().flat_map(|members| members.values()).filter_map(|member| member["shape"].as_str());
        targets.any(|target| self.shape(target)["eventstream"] == true)
    }

    /// A shape that the model is known to hold.
    pub(crate) fn shape(&self, name: &str) -> &Value {
        self.shapes.get(name).unwrap_or(&Value::Null)
    }
}

/// An error's members without its message, which every error has.
fn without_message(shape: &Value) -> Value {
    let mut shape = shape.clone();
    if let Some(members) = shape["members"].as_object_mut() {
        members.retain(|name, _| !name.eq_ignore_ascii_case("message"));
    }
    shape
}

/// A JSON file, gzipped or plain by its name.
pub(crate) fn load_json(path: &Path) -> Result<Value> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let mut text = Vec::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut text)
            .with_context(|| format!("inflating {}", path.display()))?;
    } else {
        text = bytes;
    }
    serde_json::from_slice(&text).with_context(|| format!("parsing {}", path.display()))
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("the model lacks {key} in {value}"))
}

fn wanted(document: &Value, service: &Service) -> Result<BTreeMap<String, Value>> {
    let all = document["operations"].as_object().context("no operations")?;
    let names: Vec<String> = match &service.operations {
        Operations::All(word) if word == "all" => all.keys().cloned().collect(),
        Operations::All(word) => bail!("operations is \"all\" or a list, not {word:?}"),
        Operations::Some(names) => names.clone(),
    };
    names
        .into_iter()
        .map(|name| {
            let operation = all.get(&name).with_context(|| format!("the model has no operation {name}"))?;
            Ok((name, operation.clone()))
        })
        .collect()
}

/// Merges additions into a part of the model, as botocore does. What is there already stays as it is.
fn add(into: &mut Value, added: &Value, place: &str) -> Result<()> {
    let (Some(into), Some(added)) = (into.as_object_mut(), added.as_object()) else {
        bail!("additions: {place} is known by now; take it out");
    };
    for (name, value) in added {
        match into.get_mut(name) {
            Some(known) => add(known, value, &format!("{place}.{name}"))?,
            None => drop(into.insert(name.clone(), value.clone())),
        }
    }
    Ok(())
}

fn add_member(document: &mut Value, member: &Member) -> Result<()> {
    let members = document["shapes"][&member.shape]["members"]
        .as_object_mut()
        .with_context(|| format!("overlay: no structure {}", member.shape))?;
    if members.contains_key(&member.name) {
        bail!("overlay: {} has {} by now; take the patch out", member.shape, member.name);
    }
    members.insert(member.name.clone(), serde_json::json!({ "shape": member.target }));
    Ok(())
}

fn add_text(document: &mut Value, added: &EnumText) -> Result<()> {
    let texts =
        document["shapes"][&added.shape]["enum"].as_array_mut().with_context(|| format!("overlay: no enum {}", added.shape))?;
    if texts.iter().any(|text| *text == added.text) {
        bail!("overlay: {} has {} by now; take the patch out", added.shape, added.text);
    }
    texts.push(added.text.clone().into());
    Ok(())
}

fn reach(all: &serde_json::Map<String, Value>, name: &str, reached: &mut BTreeSet<String>) -> Result<()> {
    if !reached.insert(name.to_owned()) {
        return Ok(());
    }
    let shape = all.get(name).with_context(|| format!("the model has no shape {name}"))?;
    for member in shape["members"].as_object().into_iter().flat_map(|members| members.values()) {
        reach(all, text(member, "shape")?, reached)?;
    }
    for part in ["member", "key", "value"] {
        if let Some(name) = shape[part]["shape"].as_str() {
            reach(all, name, reached)?;
        }
    }
    Ok(())
}
