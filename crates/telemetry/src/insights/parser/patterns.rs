//! Regular expressions, and patterns with asterisks.

use regex::{Regex, RegexBuilder};

use super::{MOST_REGULAR, Parser};
use crate::insights::Malformed;
use crate::insights::extract::Pattern;
use crate::insights::row::Field;

/// What a compiled expression may take.
const MOST_BYTES: usize = 1 << 20;
/// Fields of one `parse`, at most.
const MOST_FIELDS: usize = 200;

impl Parser<'_> {
    /// A regular expression between slashes; the first is the next token.
    pub(super) fn regular(&mut self) -> Result<Regex, Malformed> {
        let start = self.next.start;
        self.lexer.go_to(start);
        let text = self.lexer.regular()?;
        self.next = self.lexer.next()?;
        self.end = start + text.len() + 2;
        self.regular += 1;
        if self.regular > MOST_REGULAR {
            return Err(self.wrong(format!("a query has at most {MOST_REGULAR} regular expressions"), start));
        }
        // The engine takes time that grows with expression times text, whatever they are. A slash needs no backslash here.
        let plain = text.replace("\\/", "/");
        let built = RegexBuilder::new(&plain).size_limit(MOST_BYTES).dfa_size_limit(MOST_BYTES).build();
        built.map_err(|error| self.wrong(format!("invalid regular expression: {}", reason(&error)), start))
    }

    /// A regular expression whose named groups become fields.
    pub(super) fn groups(&mut self) -> Result<(Pattern, Vec<Field>), Malformed> {
        let start = self.next.start;
        let regular = self.regular()?;
        let named = regular.capture_names().enumerate().filter_map(|(group, name)| Some((group, Field::named(name?))));
        let (groups, names): (Vec<usize>, Vec<Field>) = named.unzip();
        if names.is_empty() || names.len() > MOST_FIELDS {
            return Err(self.wrong("a regular expression of parse has named groups, such as (?<name>...)", start));
        }
        Ok((Pattern::Regular { regular, groups }, names))
    }

    /// A text with as many asterisks as there are names.
    pub(super) fn glob(&self, text: &str, names: usize, start: usize) -> Result<Pattern, Malformed> {
        let parts: Vec<String> = text.split('*').map(str::to_owned).collect();
        let asterisks = parts.len() - 1;
        if asterisks != names || asterisks == 0 || asterisks > MOST_FIELDS {
            return Err(self.wrong(format!("the pattern has {asterisks} asterisks, and there are {names} names"), start));
        }
        Ok(Pattern::Glob(parts))
    }
}

/// The last line of what the engine says: those before draw the place.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
