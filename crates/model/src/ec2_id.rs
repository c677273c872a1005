//! Ids in EC2's form: of networks and what is in them.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};

/// What an id in EC2's form is the id of.
pub trait Ec2Kind: Copy + Ord + Hash + fmt::Debug + Send + Sync + 'static {
    /// What its ids begin with, such as `subnet-`.
    const PREFIX: &'static str;
}

/// The kinds of ids in EC2's form.
pub mod ec2_kind {
    macro_rules! kinds {
        ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
            pub enum $name {}

            impl super::Ec2Kind for $name {
                const PREFIX: &'static str = $prefix;
            }
        )*};
    }

    kinds! {
        /// Of a VPC.
        Vpc "vpc-";
        /// Of a subnet.
        Subnet "subnet-";
        /// Of a security group.
        SecurityGroup "sg-";
        /// Of a network interface.
        Interface "eni-";
    }
}

/// The id of a VPC.
pub type VpcId = Ec2Id<ec2_kind::Vpc>;
/// The id of a subnet.
pub type SubnetId = Ec2Id<ec2_kind::Subnet>;
/// The id of a security group.
pub type SecurityGroupId = Ec2Id<ec2_kind::SecurityGroup>;
/// The id of a network interface.
pub type InterfaceId = Ec2Id<ec2_kind::Interface>;

/// Eight bytes that name one thing of one kind, such as `subnet-00123456789abcdef`: the 17 digits of EC2's ids, of which the
/// first is zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ec2Id<K> {
    number: u64,
    kind: PhantomData<K>,
}

/// A string that is no id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of the form {prefix}00123456789abcdef")]
pub struct ParseEc2IdError {
    text: Box<str>,
    prefix: &'static str,
}

impl<K> Ec2Id<K> {
    /// The id made of random bytes; the first eight count.
    #[must_use]
    pub const fn from_bytes([a, b, c, d, e, f, g, h, ..]: [u8; 16]) -> Self {
        Self { number: u64::from_be_bytes([a, b, c, d, e, f, g, h]), kind: PhantomData }
    }
}

impl<K: Ec2Kind> fmt::Display for Ec2Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}0{:016x}", K::PREFIX, self.number)
    }
}

impl<K: Ec2Kind> fmt::Debug for Ec2Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Ec2Kind> FromStr for Ec2Id<K> {
    type Err = ParseEc2IdError;

    fn from_str(text: &str) -> Result<Self, ParseEc2IdError> {
        let digits = text.strip_prefix(K::PREFIX).and_then(|digits| digits.strip_prefix('0'));
        let plain = |digits: &&str| digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let number = digits.filter(plain).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let refused = || ParseEc2IdError { text: text.chars().take(64).collect(), prefix: K::PREFIX };
        Ok(Self { number: number.ok_or_else(refused)?, kind: PhantomData })
    }
}

impl<K, C> Encode<C> for Ec2Id<K> {
    fn encode<W: minicbor::encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u64(self.number)?.ok()
    }
}

impl<'b, K, C> Decode<'b, C> for Ec2Id<K> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self { number: d.u64()?, kind: PhantomData })
    }
}

impl<K> Ec2Id<K> {
    /// The id's bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.number.to_be_bytes()
    }

    /// The id of these bytes.
    #[must_use]
    pub const fn of_bytes(bytes: [u8; 8]) -> Self {
        Self { number: u64::from_be_bytes(bytes), kind: PhantomData }
    }
}

#[cfg(test)]
mod tests;
