//! The names of everything that one installation has in the kernel.

use std::fmt;
use std::str::FromStr;

use crate::NetError;

/// An installation's id, six hexadecimal digits. All that is named after it can be found, and removed, by it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Installation(u32);

impl Installation {
    /// Routes that stand for a whole network carry it, beside the id as their metric.
    pub(crate) const ROUTE_PROTOCOL: u8 = 0xbe;

    /// The nftables table.
    #[must_use]
    pub fn table(self) -> String {
        format!("berth_{self}")
    }

    /// What the names of all our interfaces begin with.
    #[must_use]
    pub fn prefix(self) -> String {
        format!("b{self}-")
    }

    /// The node's end of slot `number`. 15 characters are the kernel's limit, so there are 28 bits of numbers.
    pub(crate) fn interface(self, number: u32) -> String {
        format!("{}{:x}", self.prefix(), number & 0x0fff_ffff)
    }

    /// The number in an interface's name; `None` if that is not a slot of ours.
    pub(crate) fn number(self, interface: &str) -> Option<u32> {
        u32::from_str_radix(interface.strip_prefix(&self.prefix())?, 16).ok()
    }

    /// The interface that holds the gateway addresses. Not a number, so never a slot.
    pub(crate) fn gateway(self) -> String {
        format!("{}gw", self.prefix())
    }

    /// The interface group of what is to be destroyed: one request destroys them all, and the kernel waits once.
    pub(crate) fn doomed(self) -> u32 {
        0xbe00_0000 | self.0
    }

    /// The metric of routes that stand for a whole network.
    pub(crate) fn metric(self) -> u32 {
        0xbe00_0000 | self.0
    }

    /// The hardware address of every slot's node end: one, so that a task's entry for its gateway is known beforehand.
    pub(crate) fn mac(self) -> [u8; 6] {
        let [_, a, b, c] = self.0.to_be_bytes();
        [0x0e, 0xbe, a, b, c, 0x01]
    }
}

impl fmt::Display for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0)
    }
}

impl FromStr for Installation {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        let digits = text.len() == 6 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = digits.then(|| u32::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or_else(|| NetError::Invalid { what: format!("{text:?} is not an installation's id") })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_fit_the_kernel_and_lead_back(id in 0u32..0x100_0000, number in 0u32..0x1000_0000) {
            let installation: Installation = format!("{id:06x}").parse().unwrap();
            let name = installation.interface(number);
            prop_assert!(name.len() <= 15);
            prop_assert_eq!(installation.number(&name), Some(number));
            prop_assert_eq!(installation.number(&installation.gateway()), None);
            prop_assert!(installation.gateway().starts_with(&installation.prefix()));
            prop_assert_eq!(installation.to_string().parse::<Installation>().unwrap(), installation);
        }

        #[test]
        fn installations_never_share_a_name(a in 0u32..0x100_0000, b in 0u32..0x100_0000, number in 0u32..0x1000_0000) {
            prop_assume!(a != b);
            let (a, b) = (Installation(a), Installation(b));
            prop_assert_eq!(b.number(&a.interface(number)), None);
            prop_assert_ne!(a.table(), b.table());
            prop_assert_ne!(a.doomed(), b.doomed());
        }
    }

    #[test]
    fn only_six_small_hexadecimal_digits_are_an_id() {
        for bad in ["", "a1b2c", "a1b2c3d", "A1B2C3", "+1b2c3", "a1b2g3"] {
            assert!(bad.parse::<Installation>().is_err(), "{bad}");
        }
    }
}
