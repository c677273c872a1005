//! Required members that a document lacks: noted while reading, reported by validation once the caller is known.

use crate::schema::Member;

/// The places of absent required members, as AWS's validation messages write them: `tags.1.member.key`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Missing(Vec<String>);

impl Missing {
    /// The places, in document order.
    #[must_use]
    pub fn paths(&self) -> &[String] {
        &self.0
    }

    /// True when nothing is missing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many places are known by now: the mark for the methods below.
    pub(crate) const fn mark(&self) -> usize {
        self.0.len()
    }

    /// Notes the required ones among `members` that were not seen.
    pub(crate) fn note(&mut self, members: &'static [Member], seen: &Seen) {
        for (index, member) in members.iter().enumerate() {
            if member.required && !seen.contains(index) {
                self.0.push(member_step(member.name));
            }
        }
    }

    /// Puts a member's name in front of the places noted since `mark`.
    pub(crate) fn in_member(&mut self, mark: usize, name: &str) {
        self.prefix(mark, |path| format!("{}.{path}", member_step(name)));
    }

    /// Puts an element's index, counted from 0, in front of the places noted since `mark`.
    pub(crate) fn in_element(&mut self, mark: usize, index: usize) {
        self.prefix(mark, |path| format!("{}.{path}", element_step(index)));
    }

    /// Puts a map's key in front of the places noted since `mark`.
    pub(crate) fn in_entry(&mut self, mark: usize, key: &str) {
        self.prefix(mark, |path| format!("{}.{path}", entry_step(key)));
    }

    fn prefix(&mut self, mark: usize, step: impl Fn(&str) -> String) {
        for path in self.0.iter_mut().skip(mark) {
            *path = step(path);
        }
    }
}

/// A member in a path: AWS's framework spells members as Java properties, `RoleArn` as `roleArn`.
pub(crate) fn member_step(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// An element in a path; people count from 1.
pub(crate) fn element_step(index: usize) -> String {
    format!("{}.member", index + 1)
}

/// A map's value in a path.
pub(crate) fn entry_step(key: &str) -> String {
    format!("{key}.member")
}

/// Which members of a structure were seen. No allocation for structures of up to 128 members.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    first: u128,
    rest: std::collections::BTreeSet<usize>,
}

impl Seen {
    pub(crate) fn insert(&mut self, index: usize) {
        match Self::bit(index) {
            Some(bit) => self.first |= bit,
            None => {
                self.rest.insert(index);
            }
        }
    }

    pub(crate) fn contains(&self, index: usize) -> bool {
        Self::bit(index).map_or_else(|| self.rest.contains(&index), |bit| self.first & bit != 0)
    }

    fn bit(index: usize) -> Option<u128> {
        u32::try_from(index).ok().and_then(|index| 1_u128.checked_shl(index))
    }
}
