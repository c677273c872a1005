//! The expressions that rules are made of, as the kernel has them: small steps over 32-bit registers.

use std::net::Ipv4Addr;

use super::attribute::Attributes;

/// A register of 32 bits, counted from 0 to 15.
pub(crate) type Register = u32;

/// The kernel's number of a register (`NFT_REG32_00` is 8).
fn register(number: Register) -> u32 {
    8 + number
}

/// What the value of a register is compared to.
pub(crate) const EQUAL: u32 = 0;
pub(crate) const UNEQUAL: u32 = 1;

pub(crate) const IIFNAME: u32 = 6;
pub(crate) const OIFNAME: u32 = 7;
const L4PROTO: u32 = 16;

/// The steps of one rule, and its comment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rule {
    pub(super) expressions: Attributes,
    pub(super) comment: Option<String>,
}

impl Rule {
    fn step(mut self, name: &str, data: &Attributes) -> Self {
        let expression = Attributes::default().text(1, name).nest(2, data);
        self.expressions = self.expressions.nest(1, &expression);
        self
    }

    /// What `nft list` shows behind the rule; it also tells us that a rule in another's chain is ours.
    pub(crate) fn comment(mut self, text: &str) -> Self {
        self.comment = Some(text.to_owned());
        self
    }

    pub(crate) fn counter(self) -> Self {
        self.step("counter", &Attributes::default().long(1, 0).long(2, 0))
    }

    /// Loads something about the packet that is not in it.
    pub(crate) fn meta(self, key: u32, to: Register) -> Self {
        self.step("meta", &Attributes::default().number(1, register(to)).number(2, key))
    }

    pub(crate) fn transport(self, to: Register) -> Self {
        self.meta(L4PROTO, to)
    }

    /// Loads bytes of the network header (base 1) or the transport header (base 2).
    fn payload(self, base: u32, offset: u32, length: u32, to: Register) -> Self {
        self.step("payload", &Attributes::default().number(1, register(to)).number(2, base).number(3, offset).number(4, length))
    }

    pub(crate) fn source(self, to: Register) -> Self {
        self.payload(1, 12, 4, to)
    }

    pub(crate) fn destination(self, to: Register) -> Self {
        self.payload(1, 16, 4, to)
    }

    pub(crate) fn destination_port(self, to: Register) -> Self {
        self.payload(2, 2, 2, to)
    }

    pub(crate) fn compare(self, from: Register, operator: u32, value: &[u8]) -> Self {
        let data = Attributes::default().number(1, register(from)).number(2, operator).nest(3, &value_of(value));
        self.step("cmp", &data)
    }

    /// `register & mask`.
    pub(crate) fn mask(self, at: Register, mask: [u8; 4]) -> Self {
        let data = Attributes::default().number(1, register(at)).number(2, register(at)).number(3, 4);
        self.step("bitwise", &data.nest(4, &value_of(&mask)).nest(5, &value_of(&[0; 4])))
    }

    /// Only packets whose address, loaded by `load`, is (or is not) in a network.
    pub(crate) fn within(self, load: fn(Self, Register) -> Self, operator: u32, network: ipnet::Ipv4Net) -> Self {
        load(self, 0).mask(0, network.netmask().octets()).compare(0, operator, &network.network().octets())
    }

    /// Only packets from (or to, or neither) an interface whose name begins with this.
    pub(crate) fn interface(self, key: u32, operator: u32, prefix: &str) -> Self {
        self.meta(key, 0).compare(0, operator, prefix.as_bytes())
    }

    /// Only packets whose key is in a set (or is not).
    pub(crate) fn member(self, set: &str, from: Register, inverted: bool) -> Self {
        let data = Attributes::default().text(1, set).number(2, register(from));
        self.step("lookup", &if inverted { data.number(5, 1) } else { data })
    }

    /// Only packets whose key is in a map; loads the value.
    pub(crate) fn map(self, map: &str, from: Register, to: Register) -> Self {
        self.step("lookup", &Attributes::default().text(1, map).number(2, register(from)).number(3, register(to)))
    }

    /// Only packets to an address of this machine.
    pub(crate) fn local_destination(self) -> Self {
        const DESTINATION: u32 = 2;
        const ADDRESS_TYPE: u32 = 3;
        const LOCAL: u32 = 2;
        let data = Attributes::default().number(1, register(0)).number(2, ADDRESS_TYPE).number(3, DESTINATION);
        self.step("fib", &data).compare(0, EQUAL, &LOCAL.to_ne_bytes())
    }

    /// Only packets of connections with one of these bits in their state (key 0) or status (key 2).
    fn tracked(self, key: u32, bits: u32) -> Self {
        let data = Attributes::default().number(1, register(0)).number(2, key);
        self.step("ct", &data).mask(0, bits.to_ne_bytes()).compare(0, UNEQUAL, &[0; 4])
    }

    pub(crate) fn established(self) -> Self {
        const ESTABLISHED: u32 = 2;
        const RELATED: u32 = 4;
        self.tracked(0, ESTABLISHED | RELATED)
    }

    pub(crate) fn translated(self) -> Self {
        const DESTINATION_NAT: u32 = 1 << 5;
        self.tracked(2, DESTINATION_NAT)
    }

    /// Sends the connection to the address and port in two registers.
    pub(crate) fn translate(self, address: Register, port: Register) -> Self {
        let data = Attributes::default().number(1, 1).number(2, super::IPV4.cast_unsigned());
        self.step("nat", &data.number(3, register(address)).number(5, register(port)))
    }

    /// Lets the connection come from the address in a register.
    pub(crate) fn disguise(self, address: Register) -> Self {
        let data = Attributes::default().number(1, 0).number(2, super::IPV4.cast_unsigned());
        self.step("nat", &data.number(3, register(address)))
    }

    /// Lets the connection come from the interface that it leaves by.
    pub(crate) fn masquerade(self) -> Self {
        self.step("masq", &Attributes::default())
    }

    pub(crate) fn drop(self) -> Self {
        self.verdict(0)
    }

    pub(crate) fn accept(self) -> Self {
        self.verdict(1)
    }

    fn verdict(self, code: u32) -> Self {
        const REGISTER: u32 = 0;
        let verdict = Attributes::default().nest(2, &Attributes::default().number(1, code));
        self.step("immediate", &Attributes::default().number(1, REGISTER).nest(2, &verdict))
    }
}

fn value_of(bytes: &[u8]) -> Attributes {
    Attributes::default().bytes(1, bytes)
}

/// The parts of a key or value, each on a register boundary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Datum(pub(crate) Vec<u8>);

impl Datum {
    pub(crate) fn interface(mut self, name: &str) -> Self {
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize(16, 0);
        self.0.extend(bytes);
        self
    }

    pub(crate) fn address(mut self, address: Ipv4Addr) -> Self {
        self.0.extend(address.octets());
        self
    }

    pub(crate) fn port(mut self, port: u16) -> Self {
        self.0.extend(port.to_be_bytes());
        self.0.extend([0; 2]);
        self
    }

    pub(crate) fn protocol(mut self, number: u8) -> Self {
        self.0.extend([number, 0, 0, 0]);
        self
    }

    pub(super) fn attribute(&self) -> Attributes {
        value_of(&self.0)
    }
}
