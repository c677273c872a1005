//! Who a process is, by the container's own files.

use crate::failure::{Result, wrong};
use crate::root::Root;

/// Who a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) user: u32,
    pub(crate) group: u32,
    /// With `group`.
    pub(crate) groups: Vec<u32>,
    pub(crate) home: String,
}

/// A line of `/etc/passwd`.
struct Account<'a> {
    name: &'a str,
    user: u32,
    group: u32,
    home: &'a str,
}

impl Identity {
    /// Finds who `user` is: see [`berth_runtime::ProcessSpec::user`].
    pub(crate) fn find(root: &Root, user: &str) -> Result<Self> {
        let (passwd, group) = (root.read("etc/passwd"), root.read("etc/group"));
        Self::of(passwd.as_deref().unwrap_or_default(), group.as_deref().unwrap_or_default(), user)
    }

    fn of(passwd: &str, groups: &str, wanted: &str) -> Result<Self> {
        let (wanted_user, wanted_group) = wanted.split_once(':').unwrap_or((wanted, ""));
        let wanted_user = if wanted_user.is_empty() { "0" } else { wanted_user };
        let number = parse_id(wanted_user)?;
        let account =
            passwd.lines().filter_map(account).find(|account| account.name == wanted_user || number == Some(account.user));
        let (user, mut group, home) = match (&account, number) {
            (Some(account), _) => (account.user, account.group, account.home),
            (None, Some(number)) => (number, 0, ""),
            (None, None) => return Err(wrong(format!("there is no user {wanted_user} in the image's /etc/passwd"))),
        };
        let mut all = Vec::new();
        if wanted_group.is_empty() {
            let name = account.as_ref().map(|account| account.name).unwrap_or_default();
            all.extend(groups.lines().filter_map(|line| membership(line, name)));
        } else {
            group = find_group(groups, wanted_group)?;
        }
        all.retain(|&other| other != group);
        all.insert(0, group);
        let home = if home.is_empty() { "/" } else { home };
        Ok(Self { user, group, groups: all, home: home.to_owned() })
    }
}

/// A number of a user or group; nothing if it is a name.
fn parse_id(text: &str) -> Result<Option<u32>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    match text.parse::<i32>() {
        Ok(id) => Ok(Some(id.unsigned_abs())),
        Err(_) => Err(wrong(format!("the id {text} is too large"))),
    }
}

fn account(line: &str) -> Option<Account<'_>> {
    let mut fields = line.trim().split(':');
    let name = fields.next()?;
    let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Account { name, user, group, home: fields.nth(1).unwrap_or_default() })
}

/// The id of a line of `/etc/group` that lists a user.
fn membership(line: &str, user: &str) -> Option<u32> {
    let mut fields = line.trim().split(':').skip(2);
    let id = fields.next()?.parse().ok()?;
    let members = fields.next()?;
    (!user.is_empty() && members.split(',').any(|member| member == user)).then_some(id)
}

fn find_group(groups: &str, wanted: &str) -> Result<u32> {
    let number = parse_id(wanted)?;
    let found = groups.lines().find_map(|line| {
        let mut fields = line.trim().split(':');
        let name = fields.next()?;
        let id: u32 = fields.nth(1)?.parse().ok()?;
        (name == wanted || number == Some(id)).then_some(id)
    });
    found.or(number).ok_or_else(|| wrong(format!("there is no group {wanted} in the image's /etc/group")))
}

#[cfg(test)]
mod tests;
