//! Form parameters, decoded and sorted by name: a place in the document is a range of them, so that a short body can not
//! blow up into a large tree.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::PARAMETER_LIMIT;
use crate::shape::{ReadError, ReadErrorKind};

/// The parameters of one request.
#[derive(Debug)]
pub struct Form<'b> {
    /// Sorted by name; of a name that stands twice, the last value is the last of its neighbours.
    parameters: Vec<Parameter<'b>>,
}

#[derive(Debug)]
struct Parameter<'b> {
    name: Cow<'b, str>,
    value: Cow<'b, str>,
}

/// A place in the document: the value that stands there, and the parameters below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'f> {
    value: Option<&'f str>,
    below: &'f [Parameter<'f>],
    /// Bytes of the names below that lead to this place.
    walked: usize,
}

impl<'b> Form<'b> {
    /// Splits and decodes a form: the body of a POST, or the query string of a GET.
    ///
    /// # Errors
    /// Text that is not UTF-8, or more than [`PARAMETER_LIMIT`] parameters.
    pub fn parse(form: &'b [u8]) -> Result<Self, ReadError> {
        let mut parameters = Vec::new();
        let mut offset = 0;
        for pair in form.split(|byte| *byte == b'&') {
            if !pair.is_empty() {
                if parameters.len() == PARAMETER_LIMIT {
                    return Err(ReadError::new(ReadErrorKind::TooMany { limit: PARAMETER_LIMIT }));
                }
                parameters.push(parameter(pair, offset)?);
            }
            offset += pair.len() + 1;
        }
        parameters.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { parameters })
    }

    /// A parameter's value, by its whole name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.root().child(name)?.value
    }

    pub(super) fn root(&self) -> Place<'_> {
        Place { value: None, below: &self.parameters, walked: 0 }
    }
}

impl Parameter<'_> {
    /// The name from a byte on.
    fn rest(&self, walked: usize) -> &str {
        self.name.get(walked..).unwrap_or_default()
    }
}

impl<'f> Place<'f> {
    pub(super) const fn value(self) -> Option<&'f str> {
        self.value
    }

    /// True when nothing stands below.
    pub(super) const fn is_leaf(self) -> bool {
        self.below.is_empty()
    }

    /// The place one step further down, if any parameter names it. Cost: four binary searches.
    pub(super) fn child(self, step: &str) -> Option<Self> {
        let walked = self.walked;
        let exact = from_to(self.below, |p| p.rest(walked) < step, |p| p.rest(walked) == step);
        let below = from_to(
            self.below,
            |p| p.rest(walked).bytes().lt(step.bytes().chain([b'.'])),
            |p| p.rest(walked).strip_prefix(step).is_some_and(|rest| rest.starts_with('.')),
        );
        let value = exact.last().map(|parameter| parameter.value.as_ref());
        (value.is_some() || !below.is_empty()).then_some(Self { value, below, walked: walked + step.len() + 1 })
    }

    /// The numbered places below, in the order of their numbers; numbers that are left out leave no trace.
    pub(super) fn numbered(self) -> Vec<Self> {
        let firsts = self.below.iter().filter_map(|parameter| parameter.rest(self.walked).split('.').next());
        let mut steps: Vec<(u32, &str)> = firsts.filter_map(number).collect();
        steps.sort_unstable();
        steps.dedup();
        steps.into_iter().filter_map(|(_, step)| self.child(step)).collect()
    }
}

/// A list index: from 1, without leading zeros, so that every element has one name.
fn number(step: &str) -> Option<(u32, &str)> {
    let plain = step.bytes().all(|byte| byte.is_ascii_digit()) && !step.starts_with('0');
    if plain { step.parse().ok().map(|number| (number, step)) } else { None }
}

/// The part of a sorted slice behind all that is `before`, as long as `within` holds.
fn from_to<T>(sorted: &[T], before: impl FnMut(&T) -> bool, within: impl FnMut(&T) -> bool) -> &[T] {
    let from = sorted.partition_point(before);
    let rest = sorted.get(from..).unwrap_or_default();
    rest.get(..rest.partition_point(within)).unwrap_or_default()
}

fn parameter(pair: &[u8], offset: usize) -> Result<Parameter<'_>, ReadError> {
    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let (name, value) = pair.split_at(at);
    let value = value.get(1..).unwrap_or_default();
    Ok(Parameter { name: decode(name, offset)?, value: decode(value, offset + at + 1)? })
}

/// Decodes `+` and `%41`; a percent sign without two digits stands for itself.
fn decode(text: &[u8], offset: usize) -> Result<Cow<'_, str>, ReadError> {
    let invalid = || ReadError::new(ReadErrorKind::Syntax { offset, detail: "invalid UTF-8".to_owned() });
    if !text.contains(&b'+') {
        return percent_decode(text).decode_utf8().map_err(|_| invalid());
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8().map_err(|_| invalid())?;
    Ok(Cow::Owned(decoded.into_owned()))
}
