//! Development tasks: `cargo xtask codegen | layers | tidy`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

mod codegen;
mod layers;
mod tidy;

const USAGE: &str = "\
cargo xtask codegen [--check]   generate crates/api from the pinned public models; --check fails if that would change a file
cargo xtask layers              check the floor plan of layers.toml
cargo xtask tidy                check file lengths and names";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root()?;
    match words.as_slice() {
        ["codegen"] => codegen::run(&root, codegen::Mode::Write),
        ["codegen", "--check"] => codegen::run(&root, codegen::Mode::Check),
        ["layers"] => layers::run(&root),
        ["tidy"] => tidy::run(&root),
        _ => bail!("usage:\n{USAGE}"),
    }
}

/// The workspace's folder: the second parent of this crate's manifest.
fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf).context("xtask is not in crates/xtask")
}
