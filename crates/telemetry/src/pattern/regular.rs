//! Regular expressions as patterns have them: a small part of what others know, and ASCII only.

use regex::{Regex, RegexBuilder};

use super::PatternError;

/// What a compiled expression may take.
const MOST_BYTES: usize = 1 << 20;
/// Signs that stand for themselves.
const SYMBOLS: &str = ":_#=@/;,- ";
/// Signs with a meaning.
const OPERATORS: &str = "^$?[]{}|*+.";

/// Compiles the text between two percent signs.
pub(super) fn compile(text: &str) -> Result<Regex, PatternError> {
    let invalid = || PatternError::Regular(text.to_owned());
    let translated = translate(text).ok_or_else(invalid)?;
    // The engine takes time that grows with expression times text, whatever they are.
    let built = RegexBuilder::new(&translated).size_limit(MOST_BYTES).dfa_size_limit(MOST_BYTES).build();
    built.map_err(|_| invalid())
}

/// The expression in the words of the engine, which has more operators and more letters; nothing if a sign is not one of ours.
fn translate(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut in_class, mut before) = (false, ' ');
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => escape(&mut characters, &mut out)?,
            '[' if in_class => out.push_str("\\["),
            // Two of them in a class are a difference of sets to the engine.
            '-' if in_class && before == '-' => out.push_str("\\-"),
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            known if known.is_ascii_alphanumeric() || SYMBOLS.contains(known) || OPERATORS.contains(known) => out.push(known),
            _ => return None,
        }
        before = character;
    }
    Some(out)
}

fn escape(characters: &mut std::str::Chars<'_>, out: &mut String) -> Option<()> {
    match characters.next()? {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        's' => out.push_str("[ \\t\\r\\n\\f\\v]"),
        'S' => out.push_str("[^ \\t\\r\\n\\f\\v]"),
        'w' => out.push_str("[A-Za-z0-9_]"),
        'W' => out.push_str("[^A-Za-z0-9_]"),
        'x' => {
            let digits = [characters.next()?, characters.next()?];
            if !digits.iter().all(char::is_ascii_hexdigit) {
                return None;
            }
            out.push_str("\\x");
            out.extend(digits);
        }
        escaped if escaped.is_ascii() && !escaped.is_ascii_alphanumeric() => {
            let mut buffer = [0; 4];
            out.push_str(&regex::escape(escaped.encode_utf8(&mut buffer)));
        }
        _ => return None,
    }
    Some(())
}
