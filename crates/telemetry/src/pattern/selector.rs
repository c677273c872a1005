//! Where in a JSON object a value is: `$.user.roles[0]`, `$.items[*].id`, `$.['a.b']`.

use serde_json::Value;

use super::PatternError;
use super::cursor::Cursor;

/// A way into a JSON object.
#[derive(Debug, Clone)]
pub(super) struct Selector {
    written: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Member(String),
    Element(usize),
    EveryElement,
}

impl Selector {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let start = cursor.rest();
        if !cursor.take("$") {
            return Err(cursor.expected("a selector, which begins with $,"));
        }
        let mut steps = Vec::new();
        loop {
            if cursor.take(".[") || cursor.take("[") {
                steps.push(bracket(cursor)?);
            } else if cursor.take(".") {
                let name = cursor.take_while(|character| character.is_alphanumeric() || "_-@#/$:".contains(character));
                if name.is_empty() {
                    return Err(cursor.expected("the name of a property"));
                }
                steps.push(Step::Member(name.to_owned()));
            } else {
                break;
            }
        }
        if steps.is_empty() {
            return Err(cursor.expected("a property"));
        }
        let length = start.len() - cursor.rest().len();
        let selector = Self { written: start.get(..length).unwrap_or_default().to_owned(), steps };
        if selector.wildcards() > 1 {
            return Err(PatternError::Wildcards);
        }
        Ok(selector)
    }

    pub(super) fn written(&self) -> &str {
        &self.written
    }

    pub(super) fn wildcards(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::EveryElement)).count()
    }

    /// Whether any value at the end of the way is one that `fits`.
    pub(super) fn any<'v>(&self, value: &'v Value, fits: &mut impl FnMut(&'v Value) -> bool) -> bool {
        follow(&self.steps, value, fits)
    }
}

fn follow<'v>(steps: &[Step], value: &'v Value, fits: &mut impl FnMut(&'v Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return fits(value) };
    match step {
        Step::Member(name) => value.get(name).is_some_and(|member| follow(rest, member, fits)),
        Step::Element(place) => value.get(place).is_some_and(|element| follow(rest, element, fits)),
        Step::EveryElement => value.as_array().is_some_and(|elements| elements.iter().any(|element| follow(rest, element, fits))),
    }
}

/// What stands between brackets: a place, an asterisk, or a name in quotes.
fn bracket(cursor: &mut Cursor<'_>) -> Result<Step, PatternError> {
    let step = match cursor.peek() {
        Some('*') => {
            cursor.take("*");
            Step::EveryElement
        }
        Some('"') => Step::Member(cursor.quoted()?),
        Some('\'') => {
            cursor.take("'");
            let name = cursor.take_while(|character| character != '\'').to_owned();
            cursor.expect("'", "the end of the quoted name")?;
            Step::Member(name)
        }
        _ => {
            let digits = cursor.take_while(|character| character.is_ascii_digit());
            Step::Element(digits.parse().map_err(|_| cursor.expected("the place of an element"))?)
        }
    };
    cursor.expect("]", "a closing bracket")?;
    Ok(step)
}
