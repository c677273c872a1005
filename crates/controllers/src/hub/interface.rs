//! The network interfaces of a task as its agent gets them: in a message of their own, or with the task.

use std::time::Duration;

use berth_api::acs;
use berth_model::{Subnet, Task, Timestamp};
use berth_plan::task::ATTACH_WITHIN;
use berth_store::{State, SubnetKey};

use super::names::Names;

/// The interfaces of a task.
pub(super) fn of(names: Names, state: &State, task: &Task) -> Vec<acs::ElasticNetworkInterface> {
    let interfaces = task.attachments.iter().filter_map(|attachment| Some((attachment, attachment.interface()?)));
    let rendered = interfaces.enumerate().map(|(index, (attachment, interface))| {
        let subnet = state.get::<Subnet>(&SubnetKey { region: task.region, id: interface.subnet });
        acs::ElasticNetworkInterface {
            attachment_arn: Some(names.attachment(task.region, attachment.id)),
            ec2_id: interface.id.to_string(),
            mac_address: interface.mac().to_string(),
            ipv4_addresses: vec![acs::Ipv4Address { primary: Some(true), private_address: interface.address.to_string() }],
            subnet_gateway_ipv4_address: subnet.map(|subnet| {
                let (gateway, length) = subnet.gateway();
                format!("{gateway}/{length}")
            }),
            private_dns_name: Some(interface.private_dns_name(task.region)),
            index: i64::try_from(index).ok(),
            interface_association_protocol: Some("default".to_owned()),
            ..acs::ElasticNetworkInterface::default()
        }
    });
    rendered.collect()
}

/// How long an agent may still look for a task's interface, in milliseconds; none if its time is up.
pub(super) fn patience(task: &Task, now: Timestamp) -> Option<i64> {
    let until = task.times.created_at + ATTACH_WITHIN;
    let left = until.as_millis().saturating_sub(now.as_millis());
    // A clock that went back is no reason to wait for longer.
    let most = i64::try_from(ATTACH_WITHIN.as_millis()).unwrap_or(i64::MAX);
    (left >= i64::try_from(Duration::from_secs(1).as_millis()).unwrap_or(1)).then(|| left.min(most))
}
