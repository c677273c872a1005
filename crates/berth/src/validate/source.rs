//! The text of a definition, and where things stand in it.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Finding, Severity};

/// JSON alone: what other tools refuse is refused here.
const JSON: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The text of a definition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a>(&'a str);

impl<'a> Source<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The object that the text is; a finding if it is none.
    pub(super) fn object(&self) -> Result<Object<'a>, Finding> {
        let parsed = parse_to_ast(self.0, &CollectOptions::default(), &JSON).map_err(|error| Finding {
            severity: Severity::Error,
            line: error.line_display(),
            column: error.column_display(),
            field: String::new(),
            message: format!("this is not JSON: {}", error.kind()),
        })?;
        match parsed.value {
            Some(Value::Object(object)) => Ok(object),
            Some(other) => Err(self.finding(Severity::Error, &other, "", "a task definition is a JSON object".to_owned())),
            None => Err(Finding {
                severity: Severity::Error,
                line: 1,
                column: 1,
                field: String::new(),
                message: "there is nothing in it; a task definition is a JSON object".to_owned(),
            }),
        }
    }

    /// The text of one thing in it.
    pub(super) fn text(&self, of: &impl Ranged) -> &'a str {
        let range = of.range();
        self.0.get(range.start..range.end).unwrap_or_default()
    }

    pub(super) fn finding(&self, severity: Severity, at: &impl Ranged, field: &str, message: String) -> Finding {
        let before = self.0.get(..at.range().start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Finding { severity, line, column, field: field.to_owned(), message }
    }
}

/// The definition in what `aws ecs describe-task-definition` prints, or the object itself.
pub(super) fn definition<'b, 'a>(whole: &'b Object<'a>) -> &'b Object<'a> {
    match whole.get("taskDefinition").map(|member| &member.value) {
        Some(Value::Object(inner)) if whole.get("containerDefinitions").is_none() => inner,
        _ => whole,
    }
}
