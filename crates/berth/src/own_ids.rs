//! Ids of this machine that an installation's tasks may have as their own: a range that is nobody else's.
//!
//! Ranges lie above what distributions hand out in `/etc/subuid` by themselves, and below those that systemd warns off. Which one is
//! whose stands in a folder that is gone after a boot, as are the containers.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Who has which range: files named by its number, with an installation's id.
const CLAIMS: &str = "/run/berth/own-ids";
/// A range is for 1,024 tasks at the same time.
const SIZE: u32 = 1 << 26;
/// The numbers of the ranges that there are.
const NUMBERS: Range<u32> = 9..28;
/// Files whose lines are `name:first:count`.
const SUBORDINATE: [&str; 2] = ["/etc/subuid", "/etc/subgid"];
/// Files whose lines are `name:password:id:...`.
const ACCOUNTS: [&str; 2] = ["/etc/passwd", "/etc/group"];
/// The map of a process with all ids of the machine.
const ALL: u64 = u32::MAX as u64;

/// The range of the installation with this id, which has it until [`give_up`] or the next boot.
pub(crate) fn claim(id: &str) -> Result<Range<u32>> {
    claim_in(Path::new(CLAIMS), id, in_use)
}

/// The installation with this id has no tasks any more.
pub(crate) fn give_up(id: &str) -> Result<()> {
    give_up_in(Path::new(CLAIMS), id)
}

fn claim_in(folder: &Path, id: &str, in_use: impl Fn() -> Result<Vec<Range<u64>>>) -> Result<Range<u32>> {
    let _lock = lock(folder)?;
    let claims = claims(folder)?;
    if let Some((number, _)) = claims.iter().find(|(_, owner)| *owner == id) {
        return Ok(range(*number));
    }
    let in_use = in_use()?;
    let is_free = |number: &u32| !claims.contains_key(number) && in_use.iter().all(|other| is_apart(&range(*number), other));
    let Some(number) = NUMBERS.rev().find(is_free) else {
        bail!(
            "no range of {SIZE} user ids between {} and {} is free on this machine: they are in /etc/subuid, /etc/subgid or \
             /etc/passwd, running processes have them, or other installations do ({})",
            range(NUMBERS.start).start,
            range(NUMBERS.end).start,
            folder.display()
        );
    };
    let path = folder.join(number.to_string());
    fs::write(&path, id).with_context(|| format!("writing {}", path.display()))?;
    Ok(range(number))
}

fn give_up_in(folder: &Path, id: &str) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let _lock = lock(folder)?;
    for (number, _) in claims(folder)?.into_iter().filter(|(_, owner)| owner == id) {
        let path = folder.join(number.to_string());
        fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Makes the folder, and holds it while claims are looked at and changed.
fn lock(folder: &Path) -> Result<File> {
    loop {
        let making = || format!("making {}", folder.display());
        DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(making)?;
        let locking = || format!("locking {}", folder.display());
        let file = File::open(folder).with_context(locking)?;
        file.lock().with_context(locking)?;
        // Who had it before may have removed it.
        if fs::metadata(folder).is_ok_and(|now| file.metadata().is_ok_and(|held| held.ino() == now.ino())) {
            return Ok(file);
        }
    }
}

fn claims(folder: &Path) -> Result<BTreeMap<u32, String>> {
    let listing = || format!("listing {}", folder.display());
    let mut claims = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(listing)? {
        let entry = entry.with_context(listing)?;
        if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            claims.insert(number, text(&entry.path())?.trim().to_owned());
        }
    }
    Ok(claims)
}

const fn range(number: u32) -> Range<u32> {
    number * SIZE..(number + 1) * SIZE
}

fn is_apart(range: &Range<u32>, other: &Range<u64>) -> bool {
    u64::from(range.end) <= other.start || other.end <= u64::from(range.start)
}

/// What this machine's users have, what they may hand on, and what its processes run with.
fn in_use() -> Result<Vec<Range<u64>>> {
    let mut found = Vec::new();
    for path in SUBORDINATE {
        found.extend(subordinate(&text(Path::new(path))?));
    }
    for path in ACCOUNTS {
        found.extend(accounts(&text(Path::new(path))?));
    }
    for entry in fs::read_dir("/proc").context("listing /proc")?.flatten() {
        for name in ["uid_map", "gid_map"] {
            // What is no process has none, and what has ended in the meantime neither.
            found.extend(fs::read_to_string(entry.path().join(name)).iter().flat_map(|text| mapped(text)));
        }
    }
    Ok(found)
}

/// A file's text; nothing if there is no file.
fn text(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => read.with_context(|| format!("reading {}", path.display())),
    }
}

/// Numbers that separators part, from a certain place on.
fn numbers(line: &str, separator: fn(char) -> bool, from: usize) -> Vec<u64> {
    let words = line.split(separator).filter(|word| !word.is_empty());
    words.skip(from).map_while(|word| word.parse().ok()).collect()
}

fn subordinate(text: &str) -> impl Iterator<Item = Range<u64>> {
    text.lines().filter_map(|line| match *numbers(line, |letter| letter == ':', 1) {
        [first, count, ..] => Some(first..first.saturating_add(count)),
        _ => None,
    })
}

fn accounts(text: &str) -> impl Iterator<Item = Range<u64>> {
    let id = |line: &str| line.split(':').nth(2)?.parse::<u64>().ok();
    text.lines().filter_map(id).map(|id| id..id.saturating_add(1))
}

fn mapped(text: &str) -> impl Iterator<Item = Range<u64>> {
    text.lines().filter_map(|line| match *numbers(line, char::is_whitespace, 0) {
        [_, first, count] if count != ALL => Some(first..first.saturating_add(count)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_installation_has_a_range_of_its_own_until_it_gives_it_up() {
        let folder = tempfile::tempdir().unwrap();
        let claim = |id: &str| claim_in(folder.path(), id, || Ok(Vec::new())).unwrap();
        let (a, b) = (claim("aaaaaa"), claim("bbbbbb"));
        assert_eq!(a, 1_811_939_328..1_879_048_192);
        assert_eq!((b.end, claim("aaaaaa")), (a.start, a.clone()));
        give_up_in(folder.path(), "aaaaaa").unwrap();
        assert_eq!(claim("cccccc"), a);
        give_up_in(Path::new("/nonexistent"), "aaaaaa").unwrap();
    }

    #[test]
    fn what_others_have_is_left_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let top = u64::from(range(NUMBERS.end - 1).start);
        let used = [top + 5..top + 6, top - 1..top];
        let claimed = claim_in(folder.path(), "aaaaaa", || Ok(used.to_vec())).unwrap();
        assert_eq!(claimed, range(NUMBERS.end - 3));
        // Containers of its own do not drive it out.
        let again = claim_in(folder.path(), "aaaaaa", || Ok(vec![0..u64::MAX])).unwrap();
        assert_eq!(again, claimed);
        let refused = claim_in(folder.path(), "bbbbbb", || Ok(vec![0..u64::MAX])).unwrap_err().to_string();
        assert!(refused.contains("/etc/subuid"), "{refused}");
    }

    #[test]
    fn files_and_maps_are_read_as_they_are_written() {
        let all = |ranges: &mut dyn Iterator<Item = Range<u64>>| ranges.collect::<Vec<_>>();
        assert_eq!(
            all(&mut subordinate("ada:100000:65536\n# note\nbad:line\n1000:165536:65536\n")),
            [100_000..165_536, 165_536..231_072]
        );
        assert_eq!(all(&mut accounts("root:x:0:0::/root:/bin/sh\nbroken\nada:x:1000:1000::/:\n")), [0..1, 1000..1001]);
        assert_eq!(all(&mut mapped("         0 1811939328      65536\n")), [1_811_939_328..1_811_939_328 + 65_536]);
        assert_eq!(all(&mut mapped("         0          0 4294967295\n")), []);
    }
}
