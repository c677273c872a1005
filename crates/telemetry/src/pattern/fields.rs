//! Patterns for fields between spaces: `[ip, user, ..., status = 4* || status = 5*, bytes > 1000]`.

use std::collections::BTreeMap;

use super::PatternError;
use super::cursor::Cursor;
use super::expression::Expression;
use super::value::{Comparison, Held};

/// Conditions on fields by their places.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    /// Those from the first on.
    front: Vec<Field>,
    /// Those before the last, if there is an ellipsis between.
    back: Option<Vec<Field>>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    condition: Option<Expression<Comparison>>,
}

impl Fields {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.expect("[", "an opening bracket")?;
        let mut fields = Self { front: Vec::new(), back: None };
        loop {
            cursor.skip_space();
            if cursor.take("...") {
                if fields.back.replace(Vec::new()).is_some() {
                    return Err(PatternError::Repeated("...".to_owned()));
                }
            } else {
                let field = Field::parse(cursor)?;
                if !field.name.is_empty() && fields.all().any(|other| other.name == field.name) {
                    return Err(PatternError::Repeated(field.name));
                }
                fields.back.as_mut().unwrap_or(&mut fields.front).push(field);
            }
            cursor.skip_space();
            if cursor.take(",") {
                continue;
            }
            cursor.expect("]", "a comma or the closing bracket")?;
            break;
        }
        cursor.skip_space();
        if cursor.is_done() { Ok(fields) } else { Err(cursor.expected("the end of the pattern")) }
    }

    fn all(&self) -> impl Iterator<Item = &Field> {
        self.front.iter().chain(self.back.iter().flatten())
    }

    /// Whether there are as many words as fields, and all that is wanted of them holds.
    pub(super) fn matches(&self, words: &[&str]) -> bool {
        let fits = match &self.back {
            None => words.len() == self.front.len(),
            Some(back) => words.len() >= self.front.len() + back.len(),
        };
        fits && self.placed(words).all(|(field, _, word)| field.holds(word))
    }

    /// Fields with their places and words.
    fn placed<'a>(&'a self, words: &'a [&'a str]) -> impl Iterator<Item = (&'a Field, usize, &'a str)> {
        let back = self.back.as_deref().unwrap_or_default();
        let skipped = words.len().saturating_sub(back.len());
        let places = (0..self.front.len()).chain(skipped..words.len());
        self.all().zip(places).filter_map(|(field, place)| words.get(place).map(|word| (field, place, *word)))
    }

    /// The words by their names, and those without one by their places, counted from 1.
    pub(super) fn extract(&self, words: &[&str]) -> BTreeMap<String, String> {
        let mut names: Vec<String> = (1..=words.len()).map(|place| format!("${place}")).collect();
        for (field, place, _) in self.placed(words).filter(|(field, _, _)| !field.name.is_empty()) {
            if let Some(name) = names.get_mut(place) {
                *name = format!("${}", field.name);
            }
        }
        names.into_iter().zip(words).map(|(name, word)| (name, (*word).to_owned())).collect()
    }

    pub(super) fn regular_expressions(&self) -> usize {
        let mut count = 0;
        for condition in self.all().filter_map(|field| field.condition.as_ref()) {
            condition.each(&mut |comparison| count += usize::from(comparison.is_regular()));
        }
        count
    }
}

impl Field {
    /// A name, a name with conditions that all repeat it, or nothing.
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let mut ahead = cursor.clone();
        ahead.take_while(|character| character == '(' || character.is_whitespace());
        let own = name(&mut ahead);
        ahead.skip_space();
        if cursor.peek() != Some('(') && matches!(ahead.peek(), None | Some(',' | ']')) {
            *cursor = ahead;
            return Ok(Self { name: own.to_owned(), condition: None });
        }
        let condition = Expression::parse(cursor, &|cursor| {
            cursor.skip_space();
            if name(cursor) != own {
                return Err(cursor.expected("the name of the same field before this"));
            }
            Comparison::read(cursor)?.ok_or_else(|| cursor.expected("an operator"))
        })?;
        Ok(Self { name: own.to_owned(), condition: Some(condition) })
    }

    fn holds(&self, word: &str) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(&|comparison| comparison.holds(Held::Text(word))))
    }
}

fn name<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.take_while(|character| character.is_alphanumeric() || character == '_' || character == '-')
}
