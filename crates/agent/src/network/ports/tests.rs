use super::*;

fn mapping(container: Option<i64>, host: Option<i64>, range: Option<&str>, protocol: Option<&str>) -> PortMapping {
    PortMapping {
        container_port: container,
        host_port: host,
        container_port_range: range.map(str::to_owned),
        protocol: protocol.map(str::to_owned),
    }
}

fn of(mappings: Vec<PortMapping>) -> Result<Vec<Mapping>, String> {
    Mapping::of(&acs::Container { name: "web".to_owned(), port_mappings: mappings, ..acs::Container::default() })
}

#[test]
fn mappings_ask_for_one_port_any_port_or_a_range() {
    let all = of(vec![
        mapping(Some(80), Some(8080), None, None),
        mapping(Some(53), Some(0), None, Some("udp")),
        mapping(None, None, Some("7000-7004"), Some("tcp")),
    ]);
    let asked: Vec<_> = all.unwrap().iter().map(Mapping::publication).collect();
    let publication = |protocol, host_port, container_port, count| Publication { protocol, host_port, container_port, count };
    let expected = [
        publication(Protocol::Tcp, Some(8080), 80, 1),
        publication(Protocol::Udp, None, 53, 1),
        publication(Protocol::Tcp, None, 7000, 5),
    ];
    assert_eq!(asked, expected);
}

#[test]
fn what_is_no_mapping_is_named() {
    for bad in [
        mapping(None, Some(80), None, None),
        mapping(Some(0), None, None, None),
        mapping(Some(80), Some(70_000), None, None),
        mapping(Some(80), None, None, Some("sctp")),
        mapping(None, None, Some("9-8"), None),
        mapping(None, None, Some("0-65535"), None),
        mapping(None, None, Some("x"), None),
    ] {
        let said = of(vec![bad]).unwrap_err();
        assert!(said.starts_with("container web: ") && said.ends_with("is no port mapping"), "{said}");
    }
}

#[test]
fn each_mapping_finds_its_own_ports_in_whatever_order_they_come() {
    let mappings = of(vec![
        mapping(Some(80), None, None, None),
        mapping(Some(80), Some(40_000), None, None),
        mapping(Some(80), None, None, Some("udp")),
        mapping(None, None, Some("80-82"), None),
    ])
    .unwrap();
    let ports = vec![
        (Protocol::Tcp, 50_002, 82),
        (Protocol::Udp, 41_000, 80),
        (Protocol::Tcp, 50_001, 81),
        (Protocol::Tcp, 40_000, 80),
        (Protocol::Tcp, 42_000, 80),
        (Protocol::Tcp, 50_000, 80),
    ];
    let told: Vec<_> = of_ports(&mappings, ports).iter().map(|binding| (binding.container, binding.host)).collect();
    let port = |number| PortSpan::Port(number);
    let expected = [
        (port(80), port(42_000)),
        (port(80), port(40_000)),
        (port(80), port(41_000)),
        (PortSpan::Range(80, 82), PortSpan::Range(50_000, 50_002)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_range_is_reported_as_one() {
    let mappings = of(vec![mapping(None, None, Some("80-81"), Some("udp"))]).unwrap();
    let told = reported(&of_ports(&mappings, vec![(Protocol::Udp, 5001, 81), (Protocol::Udp, 5000, 80)])[0]);
    assert_eq!((told.container_port, told.host_port, told.bind_ip.as_deref()), (None, None, Some("0.0.0.0")));
    assert_eq!((told.container_port_range.as_deref(), told.host_port_range.as_deref()), (Some("80-81"), Some("5000-5001")));
    assert_eq!(told.protocol, Some(ecs::TransportProtocol::Udp));
}
