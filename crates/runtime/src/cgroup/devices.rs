//! Which devices a group may use, in version 1. Version 2 has no list but a program to load, which is not done here.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::limits::write;
use super::{CgroupError, Cgroups, failed};

/// What every container may do: make nodes of any kind, and use those that Docker lets it use. A node that was made and is not on the
/// list cannot be opened.
const ALLOWED: [&str; 11] = [
    "c *:* m",
    "b *:* m",
    "c 1:3 rwm",   // null
    "c 1:5 rwm",   // zero
    "c 1:7 rwm",   // full
    "c 1:8 rwm",   // random
    "c 1:9 rwm",   // urandom
    "c 5:0 rwm",   // tty
    "c 5:1 rwm",   // console
    "c 5:2 rwm",   // ptmx
    "c 136:* rwm", // pts
];

impl Cgroups {
    /// Leaves a path no devices but the usual ones and those of more rules, as `c 1:3 rwm`. The path must be there, and nothing below it.
    ///
    /// # Errors
    /// The kernel refuses, or cannot restrict devices.
    pub fn restrict_devices(&self, path: &str, more: impl IntoIterator<Item = String>) -> Result<(), CgroupError> {
        if self.is_unified() {
            return Ok(());
        }
        let none = || failed("restricting the devices of", Path::new(path))(io::Error::other("there is no controller devices"));
        let folder = self.folder("devices", path).ok_or_else(none)?;
        write(&folder.join("devices.deny"), "a")?;
        // One rule a write.
        let path = folder.join("devices.allow");
        let mut file = File::options().write(true).open(&path).map_err(failed("opening", &path))?;
        let mut rules = ALLOWED.into_iter().map(str::to_owned).chain(more);
        rules.try_for_each(|rule| file.write_all(rule.as_bytes())).map_err(failed("writing", &path))
    }
}
