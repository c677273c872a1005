//! What the kernel has: chains of all programs, rules with their comments, elements of our sets.

use std::io;

use super::IPV4;
use super::attribute::{Attributes, find, number, read, text};
use super::expression::Datum;
use super::request::{Element, GET_CHAIN, GET_ELEMENTS, GET_GENERATION, GET_RULE, request};
use crate::socket::Netlink;

/// A chain, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) family: i32,
    pub(crate) table: String,
    pub(crate) name: String,
    /// The hook's number, if the kernel calls it.
    pub(crate) hook: Option<u32>,
    /// What happens to packets that no rule decides; true: they are dropped.
    pub(crate) drops: bool,
    /// filter, nat, route.
    pub(crate) kind: String,
}

/// Length of `nfgenmsg`.
const HEADER: usize = 4;

/// Every chain of every table.
pub(crate) fn chains(netlink: &mut Netlink) -> io::Result<Vec<Chain>> {
    let listed = netlink.dump(&request(GET_CHAIN, 0, 0, &Attributes::default()))?;
    Ok(listed.iter().filter_map(|(_, body)| chain(body)).collect())
}

fn chain(body: &[u8]) -> Option<Chain> {
    let attributes = body.get(HEADER..)?;
    Some(Chain {
        family: i32::from(*body.first()?),
        table: text(attributes, 1)?.to_owned(),
        name: text(attributes, 3)?.to_owned(),
        hook: find(attributes, 4).and_then(|hook| number(hook, 1)),
        drops: number(attributes, 5) == Some(0),
        kind: text(attributes, 7).unwrap_or_default().to_owned(),
    })
}

/// The handle and comment of every rule of a chain.
pub(crate) fn comments(netlink: &mut Netlink, chain: &Chain) -> io::Result<Vec<(u64, Option<String>)>> {
    let attributes = Attributes::default().text(1, &chain.table).text(2, &chain.name);
    let listed = netlink.dump(&request(GET_RULE, 0, chain.family, &attributes))?;
    let mut rules = Vec::new();
    for (_, body) in &listed {
        let Some(attributes) = body.get(HEADER..) else { continue };
        // Older kernels list all rules of a table.
        if text(attributes, 2) != Some(&chain.name) {
            continue;
        }
        let Some(handle) = find(attributes, 3).and_then(|bytes| bytes.first_chunk()) else { continue };
        rules.push((u64::from_be_bytes(*handle), find(attributes, 7).and_then(comment)));
    }
    Ok(rules)
}

/// The number of the ruleset, which every change by anybody raises by one.
pub(crate) fn generation(netlink: &mut Netlink) -> io::Result<u32> {
    let answer = netlink.get(&request(GET_GENERATION, 0, 0, &Attributes::default()))?;
    let generation = answer.as_ref().and_then(|(_, body)| number(body.get(HEADER..)?, 1));
    generation.ok_or_else(|| io::Error::other("the kernel does not tell it"))
}

/// A rule's user data is a list of (type, length, value); type 0 is the comment.
fn comment(mut data: &[u8]) -> Option<String> {
    while let Some(([kind, length], rest)) = data.split_first_chunk::<2>() {
        let value = rest.get(..usize::from(*length))?;
        if *kind == 0 {
            return std::str::from_utf8(value.strip_suffix(&[0]).unwrap_or(value)).ok().map(str::to_owned);
        }
        data = rest.get(usize::from(*length)..)?;
    }
    None
}

/// All elements of one of our sets; none if the table is not there.
pub(crate) fn elements(netlink: &mut Netlink, table: &str, set: &'static str) -> io::Result<Vec<Element>> {
    let attributes = Attributes::default().text(1, table).text(2, set);
    let listed = match netlink.dump(&request(GET_ELEMENTS, 0, IPV4, &attributes)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for (_, body) in &listed {
        let Some(list) = body.get(HEADER..).and_then(|attributes| find(attributes, 3)) else { continue };
        for (_, element) in read(list) {
            let Some(key) = datum(element, 1) else { continue };
            found.push(Element { set, key, value: datum(element, 2) });
        }
    }
    Ok(found)
}

fn datum(element: &[u8], kind: u16) -> Option<Datum> {
    Some(Datum(find(find(element, kind)?, 1)?.to_vec()))
}
