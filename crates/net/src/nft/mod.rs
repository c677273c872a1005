//! nftables over netlink: a small encoder for what Berth's table is made of. See `docs/decisions/0014-task-networks.md`
//! for why it is our own.

mod attribute;
mod expression;
mod listing;
mod request;
mod ruleset;
#[cfg(test)]
mod tests;

pub(crate) use attribute::{Attributes, find, read};
pub(crate) use expression::{Datum, EQUAL, IIFNAME, OIFNAME, Rule};
pub(crate) use listing::{Chain, chains, comments, elements, generation};
pub(crate) use request::{Element, add_elements, delete_elements, delete_rule, delete_table, insert_rule};
pub(crate) use ruleset::{GATEWAYS, HAIRPINS, PUBLISHED, RELAYS, SOURCES, UPLINKS, install};

/// `NFPROTO_IPV4`, the family of our table.
pub(crate) const IPV4: i32 = 2;
