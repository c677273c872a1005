//! Task networks on a node: namespaces with a routed interface, published ports, and the firewall's part in it.
//!
//! - Nothing here knows AWS, tasks or containers: a network has a name, an address, a namespace.
//! - Nothing is executed (`iptables-legacy` apart, once, where its tables are in use) and no async runtime is needed: calls
//!   block for as long as the kernel takes, which is microseconds where a prepared slot is at hand.
//! - The kernel is the record. Names stand on interfaces, addresses in routes, ports in maps; a process that opens the
//!   networks again reads them there, and what belongs to nobody any more is destroyed.
//! - All that is made carries the installation's id, so that several live side by side and `clean` finds everything.

mod background;
mod clean;
mod conntrack;
mod error;
mod firewall;
mod forwarding;
mod ids;
mod installation;
mod legacy;
mod listing;
mod namespace;
mod networks;
mod nft;
mod occupied;
mod open;
mod owned;
mod plan;
mod ports;
mod prepared;
mod publish;
mod route;
mod slot;
mod socket;
mod state;
mod sysctl;
mod traffic;

pub use clean::clean;
pub use error::NetError;
pub use ids::{IdBlock, Ids};
pub use installation::Installation;
pub use networks::{Networks, Repaired};
pub use occupied::occupied;
pub use open::{Options, folder as namespaces_folder};
pub use plan::{choose_bridge, choose_vpc};
pub use ports::{Protocol, Publication, Published};
pub use publish::Relay;
pub use slot::{Addressing, Attach, Slot};
pub use traffic::{Counters, Traffic};
