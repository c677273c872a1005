//! Names: from AWS's spelling to Rust's.

use crate::codegen::config::Service;

const KEYWORDS: &[&str] =
    &["type", "enum", "match", "ref", "move", "use", "where", "loop", "final", "override", "virtual", "in", "fn"];

/// `containerDefinitions` -> `container_definitions`, `awsVPCId` -> `aws_vpc_id`; keywords escaped.
pub(crate) fn snake(name: &str) -> String {
    let plain = plain_snake(name);
    if KEYWORDS.contains(&plain.as_str()) { format!("r#{plain}") } else { plain }
}

/// [`snake`] without the escape, for names with a prefix.
pub(crate) fn plain_snake(name: &str) -> String {
    words(name).join("_")
}

/// `RunTaskRequest` -> `RUN_TASK_REQUEST`.
pub(crate) fn upper_snake(name: &str) -> String {
    plain_snake(name).to_uppercase()
}

/// An enum's text as a variant: `FARGATE_SPOT` -> `FargateSpot`, `x86_64` -> `X8664`, `arm64` -> `Arm64`.
pub(crate) fn variant(text: &str) -> String {
    let shouted = !text.chars().any(char::is_lowercase);
    let mut out = String::new();
    for part in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut chars = part.chars();
        if let Some(first) = chars.next() {
            out.extend(first.to_uppercase());
            if shouted {
                out.push_str(&chars.as_str().to_lowercase());
            } else {
                out.push_str(chars.as_str());
            }
        }
    }
    if out.is_empty() {
        return "Empty".to_owned();
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) { format!("V{out}") } else { out }
}

/// Whether the model writes texts as UPPER or lower camel words, cut into lower-case words.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|i| chars.get(i));
        let next = chars.get(at + 1);
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase() && next.is_some_and(char::is_ascii_lowercase))
            });
        if (begins || !c.is_ascii_alphanumeric()) && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// A Rust string literal.
pub(crate) fn literal(text: &str) -> String {
    format!("{text:?}")
}

/// The body limit of an operation, in bytes.
pub(crate) fn body_limit(service: &Service, operation: &str) -> usize {
    service.body_limits.get(operation).copied().unwrap_or(service.body_limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_the_rust_way() {
        for (from, to) in [
            ("containerDefinitions", "container_definitions"),
            ("type", "r#type"),
            ("ec2InstanceId", "ec2_instance_id"),
            ("ARN", "arn"),
            ("awsVPCId", "aws_vpc_id"),
            ("ipv4Addresses", "ipv4_addresses"),
        ] {
            assert_eq!(snake(from), to);
        }
        for (from, to) in [
            ("FARGATE_SPOT", "FargateSpot"),
            ("arm64", "Arm64"),
            ("json-file", "JsonFile"),
            ("1.2", "V12"),
            ("container-restart", "ContainerRestart"),
        ] {
            assert_eq!(variant(from), to);
        }
    }
}
