//! Requests that make and remove tables, chains, sets, rules and elements.

use nix::libc;

use super::IPV4;
use super::attribute::Attributes;
use super::expression::{Datum, Rule};
use crate::socket::Request;

pub(super) const NEW_TABLE: u16 = 0;
pub(super) const DELETE_TABLE: u16 = 2;
pub(super) const NEW_CHAIN: u16 = 3;
pub(super) const GET_CHAIN: u16 = 4;
pub(super) const NEW_RULE: u16 = 6;
pub(super) const GET_RULE: u16 = 7;
pub(super) const DELETE_RULE: u16 = 8;
pub(super) const NEW_SET: u16 = 9;
pub(super) const NEW_ELEMENTS: u16 = 12;
pub(super) const GET_ELEMENTS: u16 = 13;
pub(super) const DELETE_ELEMENTS: u16 = 14;
pub(super) const GET_GENERATION: u16 = 16;

/// A list of elements is one attribute, and that has at most 64 KiB.
const ELEMENTS_AT_ONCE: usize = 400;

pub(super) fn request(kind: u16, flags: i32, family: i32, attributes: &Attributes) -> Request {
    let subsystem = u16::try_from(libc::NFNL_SUBSYS_NFTABLES).unwrap_or(0) << 8;
    Request { kind: subsystem | kind, flags, body: attributes.body(family) }
}

pub(super) fn add_table(table: &str) -> Request {
    request(NEW_TABLE, libc::NLM_F_CREATE, IPV4, &Attributes::default().text(1, table).number(2, 0))
}

/// Removes a table with all that is in it.
pub(crate) fn delete_table(table: &str) -> Request {
    request(DELETE_TABLE, 0, IPV4, &Attributes::default().text(1, table))
}

/// A chain that the kernel calls: where, and in which order among others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hook {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) number: i32,
    pub(super) priority: i32,
}

pub(super) fn add_chain(table: &str, chain: Hook) -> Request {
    let hook = Attributes::default().number(1, chain.number.cast_unsigned()).number(2, chain.priority.cast_unsigned());
    let accept = 1;
    let attributes =
        Attributes::default().text(1, table).text(3, chain.name).nest(4, &hook).number(5, accept).text(7, chain.kind);
    request(NEW_CHAIN, libc::NLM_F_CREATE, IPV4, &attributes)
}

/// What a part of a key or value is: the number that `nft` has for it, and its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    kind: u32,
    bytes: u32,
}

pub(super) const ADDRESS: Part = Part { kind: 7, bytes: 4 };
pub(super) const PROTOCOL: Part = Part { kind: 12, bytes: 4 };
pub(super) const PORT: Part = Part { kind: 13, bytes: 4 };
pub(super) const INTERFACE: Part = Part { kind: 41, bytes: 16 };

fn joined(parts: &[Part]) -> (u32, u32) {
    parts.iter().fold((0, 0), |(kind, bytes), part| (kind << 6 | part.kind, bytes + part.bytes))
}

/// A set, or with parts of a value, a map. The number tells apart the sets of one transaction.
pub(super) fn add_set(table: &str, name: &str, id: u32, key: &[Part], value: &[Part]) -> Request {
    const MAP: u32 = 8;
    let (key_kind, key_bytes) = joined(key);
    let (value_kind, value_bytes) = joined(value);
    let flags = if value.is_empty() { 0 } else { MAP };
    let attributes = Attributes::default().text(1, table).text(2, name).number(3, flags);
    let attributes = attributes.number(4, key_kind).number(5, key_bytes).number(10, id);
    let attributes = if value.is_empty() { attributes } else { attributes.number(6, value_kind).number(7, value_bytes) };
    // For `nft list` alone, which else takes a lone name for a number: (type 0: byte order of the key, length, the node's).
    let host_order = [&[0, 4][..], &1u32.to_ne_bytes()].concat();
    let attributes = if key_kind == INTERFACE.kind { attributes.bytes(13, &host_order) } else { attributes };
    request(NEW_SET, libc::NLM_F_CREATE, IPV4, &attributes)
}

/// The rule goes to the end of its chain.
pub(super) fn add_rule(table: &str, chain: &str, rule: &Rule) -> Request {
    request(NEW_RULE, libc::NLM_F_CREATE | libc::NLM_F_APPEND, IPV4, &rule_attributes(table, chain, rule))
}

/// The rule goes to the top of its chain, which may be another program's.
pub(crate) fn insert_rule(family: i32, table: &str, chain: &str, rule: &Rule) -> Request {
    request(NEW_RULE, libc::NLM_F_CREATE, family, &rule_attributes(table, chain, rule))
}

fn rule_attributes(table: &str, chain: &str, rule: &Rule) -> Attributes {
    let attributes = Attributes::default().text(1, table).text(2, chain).nest(4, &rule.expressions);
    let Some(comment) = &rule.comment else { return attributes };
    // Read by `nft` and `iptables`: type 0 is a comment, then its length with the final zero.
    let mut data = vec![0, u8::try_from(comment.len() + 1).unwrap_or(u8::MAX)];
    data.extend_from_slice(comment.as_bytes());
    data.push(0);
    attributes.bytes(7, &data)
}

/// Removes one rule of any program's chain.
pub(crate) fn delete_rule(family: i32, table: &str, chain: &str, handle: u64) -> Request {
    let attributes = Attributes::default().text(1, table).text(2, chain).long(3, handle);
    request(DELETE_RULE, 0, family, &attributes)
}

/// An element of a set, or with a value, of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) set: &'static str,
    pub(crate) key: Datum,
    pub(crate) value: Option<Datum>,
}

/// Elements that may be there already with the same value.
pub(crate) fn add_elements(table: &str, elements: &[Element]) -> Vec<Request> {
    element_requests(NEW_ELEMENTS, libc::NLM_F_CREATE, table, elements)
}

/// Elements that have to be there.
pub(crate) fn delete_elements(table: &str, elements: &[Element]) -> Vec<Request> {
    element_requests(DELETE_ELEMENTS, 0, table, elements)
}

fn element_requests(kind: u16, flags: i32, table: &str, elements: &[Element]) -> Vec<Request> {
    let mut requests = Vec::new();
    for run in elements.chunk_by(|a, b| a.set == b.set) {
        for some in run.chunks(ELEMENTS_AT_ONCE) {
            let list = some.iter().fold(Attributes::default(), |list, element| {
                let attributes = Attributes::default().nest(1, &element.key.attribute());
                list.nest(
                    1,
                    &match &element.value {
                        Some(value) if kind == NEW_ELEMENTS => attributes.nest(2, &value.attribute()),
                        _ => attributes,
                    },
                )
            });
            let set = some.first().map_or("", |element| element.set);
            requests.push(request(kind, flags, IPV4, &Attributes::default().text(1, table).text(2, set).nest(3, &list)));
        }
    }
    requests
}
