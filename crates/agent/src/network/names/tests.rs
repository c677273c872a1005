use berth_api::acs::{ElasticNetworkInterface, Ipv4Address, Task};

use super::*;

fn task(interface: Option<ElasticNetworkInterface>) -> Task {
    Task { elastic_network_interfaces: interface.into_iter().collect(), ..Task::default() }
}

fn interface() -> ElasticNetworkInterface {
    let address = |text: &str, primary| Ipv4Address { primary, private_address: text.to_owned() };
    ElasticNetworkInterface {
        ec2_id: "eni-1".to_owned(),
        mac_address: "0a:58:ac:1f:00:04".to_owned(),
        ipv4_addresses: vec![address("172.31.0.9", None), address("172.31.0.4", Some(true))],
        subnet_gateway_ipv4_address: Some("172.31.0.1/20".to_owned()),
        private_dns_name: Some("ip-172-31-0-4.ec2.internal".to_owned()),
        ..ElasticNetworkInterface::default()
    }
}

#[test]
fn interface_of_a_task_is_what_came_with_it() {
    let found = interface_of(&task(Some(interface()))).unwrap();
    let address = Ipv4Addr::new(172, 31, 0, 4);
    let addressing = Addressing::Own { address, mac: [0x0a, 0x58, 172, 31, 0, 4], gateway: Ipv4Addr::new(172, 31, 0, 1) };
    assert_eq!(found, Interface { addressing, address, name: Some("ip-172-31-0-4.ec2.internal".to_owned()) });
}

#[test]
fn what_an_interface_lacks_is_said() {
    assert!(interface_of(&task(None)).unwrap_err().contains("without its network interface"));
    type Change = fn(&mut ElasticNetworkInterface);
    let cases: [(Change, &str); 4] = [
        (|it| it.ipv4_addresses.clear(), "eni-1 has no IPv4 address"),
        (|it| it.mac_address = "0a:58".to_owned(), "eni-1 has no hardware address"),
        (|it| it.subnet_gateway_ipv4_address = None, "eni-1 has no gateway"),
        (|it| it.subnet_gateway_ipv4_address = Some("x/20".to_owned()), "eni-1 has no gateway"),
    ];
    for (change, expected) in cases {
        let mut given = interface();
        change(&mut given);
        let said = interface_of(&task(Some(given))).unwrap_err();
        assert!(said.ends_with(expected), "{said}");
    }
}

#[test]
fn slots_tell_whose_they_are() {
    assert_eq!([task_of(&shared("abc")), task_of(&own("abc", 3))], ["abc", "abc"]);
}
