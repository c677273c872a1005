//! Structures, enums and schemas.

use std::fmt::Write as _;

use serde_json::Value;

use crate::codegen::model::Model;
use crate::codegen::names::{literal, snake, upper_snake, variant};

/// Rust structures with their `Shape` implementations.
pub(crate) fn structures(model: &Model) -> String {
    let mut out = String::from(
        "#![allow(missing_docs, reason = \"the facts of the model carry no documentation text\")]\n\n\
         use wire::{ReadError, Shape, ShapeReader, ShapeWriter};\n\n",
    );
    if model.shapes.values().any(is_enum) {
        out.push_str("use super::enums::*;\n");
    }
    out.push_str("use super::schemas;\n\n");
    for (name, shape) in model.shapes.iter().filter(|(_, shape)| is_structure(shape)) {
        structure(&mut out, model, name, shape, model.errors.contains_key(name));
    }
    out
}

fn structure(out: &mut String, model: &Model, name: &str, shape: &Value, error: bool) {
    let members = members(shape);
    let table = format!("schemas::{}_MEMBERS", upper_snake(name));
    let _ = writeln!(out, "/// The model's `{name}`.\n#[derive(Debug, Clone, PartialEq, Default)]\npub struct {name} {{");
    for (member, target, required) in &members {
        let rust = rust_type(model, target);
        // A structure within itself.
        let rust = if target == name { format!("Box<{rust}>") } else { rust };
        let rust = if *required { rust } else { format!("Option<{rust}>") };
        let _ = writeln!(out, "pub {}: {rust},", snake(member));
    }
    out.push_str("}\n\n");
    if error {
        return;
    }
    let _ = writeln!(
        out,
        "impl {name} {{\n/// The place of a document that is one.\n\
         pub const PLACE: &'static wire::Member = &wire::Member::new(\"\", &schemas::{});\n}}\n\nimpl Shape for {name} {{",
        upper_snake(name)
    );
    if members.is_empty() {
        let _ = writeln!(
            out,
            "fn write(&self, at: &'static wire::Member, to: &mut dyn ShapeWriter) {{ to.structure(at, &mut |_| ()); }}\n\
             fn read(at: &'static wire::Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {{\n\
             from.structure(at, &mut |_, _| Ok(()))?; Ok(Self {{}}) }}\n}}\n"
        );
        return;
    }
    let _ =
        writeln!(out, "fn write(&self, at: &'static wire::Member, to: &mut dyn ShapeWriter) {{\nto.structure(at, &mut |to| {{");
    for (index, (member, _, _)) in members.iter().enumerate() {
        let _ = writeln!(out, "self.{}.write(&{table}[{index}], to);", snake(member));
    }
    let _ = writeln!(
        out,
        "}});\n}}\n\nfn read(at: &'static wire::Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {{\n\
         let mut out = Self::default();\nfrom.structure(at, &mut |index, from| {{"
    );
    let assign = |index: usize, member: &str| format!("out.{} = Shape::read(&{table}[{index}], from)?", snake(member));
    if let [(member, _, _)] = members.as_slice() {
        let _ = writeln!(out, "if index == 0 {{ {}; }}", assign(0, member));
    } else {
        out.push_str("match index {\n");
        for (index, (member, _, _)) in members.iter().enumerate() {
            let _ = writeln!(out, "{index} => {},", assign(index, member));
        }
        out.push_str("_ => {}\n}\n");
    }
    out.push_str("Ok(())\n})?;\nOk(out)\n}\n}\n\n");
}

/// Enums, open at the end so that a client survives new texts.
pub(crate) fn enums(model: &Model) -> String {
    if !model.shapes.values().any(is_enum) {
        return "// The wanted operations reach no enum.\n".to_owned();
    }
    let mut out = String::from(
        "#![allow(missing_docs, reason = \"the facts of the model carry no documentation text\")]\n\n\
         use wire::{EnumShape, ReadError, Shape, ShapeReader, ShapeWriter};\n\n",
    );
    for (name, shape) in model.shapes.iter().filter(|(_, shape)| is_enum(shape)) {
        let texts = texts(shape);
        let _ = writeln!(
            out,
            "/// The model's `{name}`.\n#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum {name} {{"
        );
        for text in &texts {
            let _ = writeln!(out, "{},", variant(text));
        }
        let _ = writeln!(
            out,
            "/// A text that the model does not list.\nUnlisted(Box<str>),\n}}\n\nimpl {name} {{\n\
             /// All texts that the model lists.\npub const TEXTS: &'static [&'static str] = &["
        );
        for text in &texts {
            let _ = writeln!(out, "{},", literal(text));
        }
        let _ = writeln!(out, "];\n}}\n\nimpl EnumShape for {name} {{\nfn as_str(&self) -> &str {{ match self {{");
        for text in &texts {
            let _ = writeln!(out, "Self::{} => {},", variant(text), literal(text));
        }
        let _ = writeln!(out, "Self::Unlisted(text) => text,\n}} }}\n\nfn from_text(text: &str) -> Self {{ match text {{");
        for text in &texts {
            let _ = writeln!(out, "{} => Self::{},", literal(text), variant(text));
        }
        let _ = writeln!(
            out,
            "other => Self::Unlisted(other.into()),\n}} }}\n}}\n\nimpl Default for {name} {{\n\
             fn default() -> Self {{ Self::Unlisted(Box::default()) }}\n}}\n\n\
             impl Shape for {name} {{\n\
             fn write(&self, at: &'static wire::Member, to: &mut dyn ShapeWriter) {{ to.string(at, self.as_str()); }}\n\
             fn read(at: &'static wire::Member, from: &mut dyn ShapeReader) -> Result<Self, ReadError> {{ Ok(Self::from_text(&from.string(at)?)) }}\n}}\n"
        );
    }
    out
}

/// The schemas that codecs and the validator read.
pub(crate) fn schemas(model: &Model) -> String {
    let mut out = String::from("use wire::{Constraints, HttpBinding, Kind, Member, Schema, TimestampFormat};\n\n");
    for (name, shape) in &model.shapes {
        schema(&mut out, name, shape, model.errors.contains_key(name));
    }
    // Only what is used is imported: a small model may have no HTTP bindings or timestamp formats.
    for unused in ["HttpBinding", "TimestampFormat", "Constraints"] {
        if !out.contains(&format!("{unused}::")) && !out.contains(&format!("{unused} {{")) {
            out = out.replacen(&format!("{unused}, "), "", 1).replacen(&format!(", {unused}}}"), "}", 1);
        }
    }
    out
}

/// An error's structure is never a place of its own: it needs its members alone.
fn schema(out: &mut String, name: &str, shape: &Value, error: bool) {
    let upper = upper_snake(name);
    if is_structure(shape) {
        let members = members(shape);
        let _ = writeln!(out, "pub(super) static {upper}_MEMBERS: [Member; {}] = [", members.len());
        for (member, _, required) in &members {
            let _ = writeln!(out, "{},", member_schema(member, &shape["members"][member], *required));
        }
        let _ = writeln!(out, "];");
    }
    if error {
        return;
    }
    let kind = match shape["type"].as_str().unwrap_or_default() {
        _ if shape["document"] == true => "Kind::Document".to_owned(),
        "structure" => format!("Kind::Structure(&{upper}_MEMBERS)"),
        "list" => {
            let mut member = member_schema("member", &shape["member"], false);
            if shape["flattened"] == true {
                member = member.replacen("Member {", "Member { flattened: true,", 1);
            }
            format!("Kind::List({member})")
        }
        "map" => format!(
            "Kind::Map {{ key: {}, value: {} }}",
            member_schema("key", &shape["key"], false),
            member_schema("value", &shape["value"], false)
        ),
        "string" if is_enum(shape) => {
            let texts: Vec<String> = texts(shape).iter().map(|text| literal(text)).collect();
            format!("Kind::Enum(&[{}])", texts.join(", "))
        }
        "boolean" => "Kind::Boolean".to_owned(),
        "integer" => "Kind::Integer".to_owned(),
        "long" => "Kind::Long".to_owned(),
        "float" => "Kind::Float".to_owned(),
        "double" => "Kind::Double".to_owned(),
        "blob" => "Kind::Blob".to_owned(),
        "timestamp" => "Kind::Timestamp".to_owned(),
        _ => "Kind::String".to_owned(),
    };
    let constraints = constraints(shape);
    let sensitive = shape["sensitive"] == true;
    let plain = constraints.is_none() && !sensitive;
    let value = if plain {
        format!("Schema::new({}, {kind})", literal(name))
    } else {
        let constraints = constraints.unwrap_or_else(|| "Constraints::NONE".to_owned());
        format!("Schema {{ name: {}, kind: {kind}, constraints: {constraints}, sensitive: {sensitive} }}", literal(name))
    };
    let _ = writeln!(out, "pub(super) static {upper}: Schema = {value};\n");
}

fn member_schema(name: &str, member: &Value, required: bool) -> String {
    let base = format!("Member::new({}, &{})", literal(name), upper_snake(member["shape"].as_str().unwrap_or_default()));
    let mut fields = Vec::new();
    if required {
        fields.push("required: true".to_owned());
    }
    if let Some(location) = member["locationName"].as_str().filter(|location| *location != name) {
        fields.push(format!("location_name: Some({})", literal(location)));
    }
    if let Some(query) = member["queryName"].as_str() {
        fields.push(format!("query_name: Some({})", literal(query)));
    }
    if member["flattened"] == true {
        fields.push("flattened: true".to_owned());
    }
    if member["idempotencyToken"] == true {
        fields.push("idempotency_token: true".to_owned());
    }
    let http = match member["location"].as_str() {
        Some("header") => Some("Header"),
        Some("headers") => Some("Headers"),
        Some("querystring") => Some("Query"),
        Some("uri") => Some("Uri"),
        Some("statusCode") => Some("Status"),
        _ => None,
    };
    fields.extend(http.map(|http| format!("http: HttpBinding::{http}")));
    let format = match member["timestampFormat"].as_str() {
        Some("iso8601") => Some("DateTime"),
        Some("unixTimestamp") => Some("EpochSeconds"),
        Some("rfc822") => Some("HttpDate"),
        _ => None,
    };
    fields.extend(format.map(|format| format!("timestamp_format: Some(TimestampFormat::{format})")));
    if fields.is_empty() { base } else { format!("Member {{ {}, ..{base} }}", fields.join(", ")) }
}

fn constraints(shape: &Value) -> Option<String> {
    let number = |key: &str| shape[key].as_f64().map_or_else(|| "None".to_owned(), |number| format!("Some({number:?})"));
    let pattern = shape["pattern"].as_str().map_or_else(|| "None".to_owned(), |pattern| format!("Some({})", literal(pattern)));
    let all = (number("min"), number("max"), pattern);
    (all != ("None".to_owned(), "None".to_owned(), "None".to_owned()))
        .then(|| format!("Constraints {{ min: {}, max: {}, pattern: {} }}", all.0, all.1, all.2))
}

fn rust_type(model: &Model, name: &str) -> String {
    let shape = model.shape(name);
    let plain = match shape["type"].as_str().unwrap_or_default() {
        _ if shape["document"] == true => "wire::Document".to_owned(),
        "structure" => name.to_owned(),
        "list" => format!("Vec<{}>", rust_type(model, shape["member"]["shape"].as_str().unwrap_or_default())),
        "map" => format!(
            "std::collections::BTreeMap<String, {}>",
            rust_type(model, shape["value"]["shape"].as_str().unwrap_or_default())
        ),
        "string" if is_enum(shape) => name.to_owned(),
        "boolean" => "bool".to_owned(),
        "integer" => "i32".to_owned(),
        "long" => "i64".to_owned(),
        "float" | "double" => "f64".to_owned(),
        "blob" => "wire::Blob".to_owned(),
        "timestamp" => "wire::Timestamp".to_owned(),
        _ => "String".to_owned(),
    };
    match (shape["sensitive"] == true, plain.as_str()) {
        (false, _) => plain,
        (true, "String") => "wire::Sensitive<String>".to_owned(),
        (true, _) => format!("wire::Redacted<{plain}>"),
    }
}

fn is_structure(shape: &Value) -> bool {
    shape["type"] == "structure" && shape["document"] != true
}

fn is_enum(shape: &Value) -> bool {
    shape["type"] == "string" && shape["enum"].is_array()
}

fn texts(shape: &Value) -> Vec<&str> {
    shape["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Name, target shape and whether it is required, in model order.
fn members(shape: &Value) -> Vec<(String, String, bool)> {
    let required: Vec<&str> = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let members = shape["members"].as_object().into_iter().flatten();
    members
        .map(|(name, member)| {
            (name.clone(), member["shape"].as_str().unwrap_or_default().to_owned(), required.contains(&name.as_str()))
        })
        .collect()
}
