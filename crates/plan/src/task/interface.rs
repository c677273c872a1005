//! The network interface of a task's own.

use std::net::Ipv4Addr;

use berth_model::{
    Attached, Attachment, AttachmentId, AttachmentStatus, InterfaceId, NetworkInterface, SecurityGroupId, SubnetId, ThinVec,
};

use crate::IdSource;

/// A new interface with an address of a subnet. `direct` is whether its node hears of it with its task; other agents are told
/// of it first.
pub fn interface(
    (subnet, address): (SubnetId, Ipv4Addr),
    groups: ThinVec<SecurityGroupId>,
    public: bool,
    direct: bool,
    ids: &mut dyn IdSource,
) -> Attachment {
    let interface = NetworkInterface { id: InterfaceId::from_bytes(ids.next()), subnet, address, groups, public };
    Attachment {
        id: AttachmentId::from_bytes(ids.next()),
        status: if direct { AttachmentStatus::Precreated } else { AttachmentStatus::Attaching },
        what: Attached::Interface(interface),
    }
}
