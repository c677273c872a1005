//! The operation table and the modelled errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::codegen::model::Model;
use crate::codegen::names::{body_limit, literal, plain_snake, snake, upper_snake};

/// Error shapes and their constructors.
pub(crate) fn errors(model: &Model) -> String {
    let mut out = String::from("//! The modelled errors.\n\nuse wire::{ErrorShape, Fault};\n\nuse crate::Refusal;\n\n");
    let mut all: BTreeMap<String, (u16, bool)> = BTreeMap::new();
    for common in &model.service.common_errors {
        all.insert(common.code.clone(), (common.status, common.retryable));
    }
    for (name, shape) in &model.errors {
        let status = shape["error"]["httpStatusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.unwrap_or(if shape["fault"] == true { 500 } else { 400 });
        all.insert(code(name, shape), (status, false));
    }
    for (code, (status, retryable)) in &all {
        let retryable = *retryable || model.service.retryable.contains(code);
        let fault = if *status >= 500 { "Server" } else { "Client" };
        let _ = writeln!(
            out,
            "/// `{code}`, HTTP {status}.\npub static {}: ErrorShape = ErrorShape {{ code: {}, status: {status}, fault: Fault::{fault}, retryable: {retryable} }};\n\n\
             /// Refuses with `{code}`.\npub fn {}(message: impl Into<String>) -> Refusal {{ Refusal::new(&{}, message) }}\n",
            upper_snake(code),
            literal(code),
            plain_snake(code),
            upper_snake(code),
        );
    }
    for (name, shape) in &model.errors {
        if model.shapes.contains_key(name) {
            let upper = upper_snake(name);
            let _ = writeln!(
                out,
                "/// Refuses with `{name}` and its further members.\n\
                 pub fn {}_with(message: impl Into<String>, detail: super::{name}) -> Refusal {{\n\
                 Refusal::new(&{}, message).with_detail(move |to| {{",
                plain_snake(name),
                upper_snake(&code(name, shape)),
            );
            for (index, member) in
                model.shape(name)["members"].as_object().into_iter().flat_map(|members| members.keys()).enumerate()
            {
                let _ = writeln!(
                    out,
                    "wire::Shape::write(&detail.{}, &super::schemas::{upper}_MEMBERS[{index}], to);",
                    snake(member)
                );
            }
            out.push_str("}) }\n\n");
        }
    }
    out
}

/// The code in an answer: the query protocol may name it apart from the shape.
fn code(name: &str, shape: &Value) -> String {
    shape["error"]["code"].as_str().unwrap_or(name).to_owned()
}

/// The service and its operation table.
pub(crate) fn table(model: &Model, iam: &Value) -> Result<String> {
    let metadata = &model.metadata;
    let service = &model.service;
    let protocol = match (metadata["protocol"].as_str(), metadata["jsonVersion"].as_str()) {
        (Some("json"), Some("1.0")) => "AwsJson10",
        (Some("json"), _) => "AwsJson11",
        (Some("query"), _) => "Query",
        (Some("ec2"), _) => "Ec2Query",
        (Some("rest-json"), _) => "RestJson",
        (Some("smithy-rpc-v2-cbor"), _) => "RpcV2Cbor",
        (other, _) => anyhow::bail!("protocol {other:?} is not known"),
    };
    let signing = metadata["signingName"].as_str().or_else(|| metadata["endpointPrefix"].as_str()).context("no signing name")?;
    let namespace = metadata["xmlNamespace"].as_str().map_or_else(|| "None".to_owned(), |uri| format!("Some({})", literal(uri)));
    let mut out = String::from("use wire::{Access, Member, Operation, Protocol, Service};\n\nuse super::{errors, schemas};\n\n");
    let _ = writeln!(
        out,
        "/// {} as the model describes it.\npub static SERVICE: Service = Service {{ id: {}, signing_name: {}, iam_prefix: {}, target_prefix: {}, api_version: {}, \
         protocol: Protocol::{protocol}, xml_namespace: {namespace}, validation_error: &errors::{}, internal_error: &errors::{}, \
         access_denied_error: &errors::{}, operations: &OPERATIONS }};\n",
        service.handler,
        literal(metadata["serviceId"].as_str().unwrap_or_default()),
        literal(signing),
        literal(&service.iam),
        literal(metadata["targetPrefix"].as_str().unwrap_or_default()),
        literal(metadata["apiVersion"].as_str().unwrap_or_default()),
        upper_snake(&service.validation_error),
        upper_snake(&service.internal_error),
        upper_snake(&service.access_denied_error),
    );
    let _ =
        writeln!(out, "/// All operations, sorted by name.\npub static OPERATIONS: [Operation; {}] = [", model.operations.len());
    for (index, (name, operation)) in model.operations.iter().enumerate() {
        let place = |side: &str| {
            format!("Member::new(\"\", &schemas::{})", upper_snake(operation[side]["shape"].as_str().unwrap_or("Unit")))
        };
        let wrapper = operation["output"]["resultWrapper"]
            .as_str()
            .map_or_else(|| "None".to_owned(), |name| format!("Some({})", literal(name)));
        let errors: Vec<String> = operation["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|error| error["shape"].as_str())
            .map(|name| format!("&errors::{}", upper_snake(&code(name, &model.errors[name]))))
            .collect();
        let _ = writeln!(
            out,
            "Operation {{ name: {}, index: {index}, input: {}, output: {}, result_wrapper: {wrapper}, http_method: {}, http_path: {}, \
             errors: &[{}], access: {}, body_limit: {} }},",
            literal(name),
            place("input"),
            place("output"),
            literal(operation["http"]["method"].as_str().unwrap_or("POST")),
            literal(operation["http"]["requestUri"].as_str().unwrap_or("/")),
            errors.join(", "),
            access(&service.iam, name, &iam[&service.iam]),
            body_limit(service, name),
        );
    }
    out.push_str("];\n");
    Ok(out)
}

/// IAM's data of an action. An operation that IAM does not list (DiscoverPollEndpoint's like are listed) has no resource types.
fn access(prefix: &str, name: &str, service: &Value) -> String {
    let privilege = &service["privileges"][name];
    let mut types = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for (resource, data) in privilege["resource_types"].as_object().into_iter().flatten() {
        if !resource.is_empty() {
            types.insert(literal(resource));
        }
        keys.extend(data["condition_keys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(literal));
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(", ");
    format!(
        "Access {{ action: {}, level: {}, resource_types: &[{}], condition_keys: &[{}] }}",
        literal(&format!("{prefix}:{name}")),
        literal(privilege["access_level"].as_str().unwrap_or("Write")),
        list(types),
        list(keys)
    )
}
