//! A shell that knows one program, this one: the image has a link to it that is called `/bin/sh`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The command line as it was given; that of `sh -c LINE` is what the line's words say, and `$NAME` is a variable.
pub(crate) fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let given: Vec<OsString> = given.collect();
    match given.as_slice() {
        [program, option, line] if Path::new(program).file_name() == Some(OsStr::new("sh")) && option == "-c" => {
            let words = line.to_string_lossy().split_whitespace().map(word).collect::<Vec<_>>();
            [vec![program.clone()], words].concat()
        }
        _ => given,
    }
}

fn word(word: &str) -> OsString {
    match word.strip_prefix('$') {
        Some(name) => std::env::var_os(name).unwrap_or_default(),
        None => word.into(),
    }
}

#[cfg(test)]
mod tests;
