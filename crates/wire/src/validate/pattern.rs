//! Patterns of service models, which are written for Java, as patterns of `regex`.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use regex::{Regex, RegexBuilder};

/// The largest compiled pattern. Models repeat large Unicode classes hundreds of times.
const SIZE_LIMIT: usize = 16 << 20;

/// A pattern that can not be used: it looks around or back, or is larger than the limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("compiling the pattern {pattern}: {reason}")]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Patterns in use. A memo of a pure function: the same text always gives the same value. Shared, not cloned: a clone of a
/// `Regex` starts with empty caches.
static COMPILED: RwLock<BTreeMap<&'static str, Option<Arc<Regex>>>> = RwLock::new(BTreeMap::new());

/// Compiles a pattern so that it matches whole texts.
///
/// # Errors
/// The pattern means something that `regex` can not do.
pub fn compile_pattern(java: &str) -> Result<Regex, PatternError> {
    let whole = format!(r"\A(?:{})\z", translated(java));
    let compiled = RegexBuilder::new(&whole).size_limit(SIZE_LIMIT).build();
    compiled.map_err(|error| PatternError { pattern: java.to_owned(), reason: error.to_string() })
}

/// Whether the whole text matches. A pattern that does not compile matches nothing: it shows at once, and a test over all
/// generated patterns keeps it from getting that far.
pub(super) fn matches(java: &'static str, text: &str) -> bool {
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(java).cloned();
    let compiled = known.unwrap_or_else(|| {
        let compiled = compile_pattern(java).ok().map(Arc::new);
        COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(java, compiled.clone());
        compiled
    });
    compiled.is_some_and(|pattern| pattern.is_match(text))
}

/// Says in `regex`'s words what Java's say differently. Java's `\w`, `\d`, `\s`, `\b` know ASCII alone; its `\u` are UTF-16
/// units, in pairs beyond U+FFFF; its `\p` knows the POSIX classes.
fn translated(java: &str) -> String {
    let mut out = String::with_capacity(java.len());
    let mut rest = java;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        out.push_str(plain);
        let (translation, len) = escaped(escape);
        out.push_str(&translation);
        rest = escape.get(len..).unwrap_or_default();
    }
    out + rest
}

/// The translation of the escape at the beginning of `text`, and how many bytes it takes there.
fn escaped(text: &str) -> (String, usize) {
    let Some(letter) = text.chars().nth(1) else { return (text.to_owned(), text.len()) };
    let simple = match letter {
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => r"[\x09-\x0D\x20]",
        'S' => r"[^\x09-\x0D\x20]",
        'b' => r"(?-u:\b)",
        'u' => return code_point(text),
        'p' | 'P' => return class(text, letter),
        _ => {
            let len = 1 + letter.len_utf8();
            return (text.get(..len).unwrap_or_default().to_owned(), len);
        }
    };
    (simple.to_owned(), 2)
}

/// `\u0041`, or a pair of surrogates.
fn code_point(text: &str) -> (String, usize) {
    let unit = |from: usize| -> Option<u16> {
        let escape = text.get(from..from + 6)?;
        u16::from_str_radix(escape.strip_prefix(r"\u")?, 16).ok()
    };
    let Some(first) = unit(0) else { return (r"\u".to_owned(), 2) };
    let units = [first, unit(6).unwrap_or_default()];
    match char::decode_utf16(units).next() {
        Some(Ok(letter)) => (format!(r"\x{{{:X}}}", u32::from(letter)), letter.len_utf16() * 6),
        // A surrogate alone stands for no text: left as it is, the compiler refuses it.
        _ => (format!(r"\u{first:04X}"), 6),
    }
}

/// `\p{Print}`; the classes that Unicode names are called the same.
fn class(text: &str, letter: char) -> (String, usize) {
    let name = text.get(2..).and_then(|rest| rest.strip_prefix('{')?.split('}').next()).unwrap_or_default();
    let posix =
        ["Lower", "Upper", "ASCII", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank", "Cntrl", "XDigit", "Space"];
    if !posix.contains(&name) {
        return (text.get(..2).unwrap_or_default().to_owned(), 2);
    }
    let not = if letter == 'P' { "^" } else { "" };
    (format!("[[:{not}{}:]]", name.to_ascii_lowercase()), name.len() + 4)
}
