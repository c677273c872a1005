use super::*;

fn container(cpu: u32, memory: Option<u32>, memory_reservation: Option<u32>, ports: Vec<PortMapping>) -> ContainerFacts {
    ContainerFacts {
        name: "web".into(),
        image: "nginx".into(),
        essential: true,
        cpu,
        memory,
        memory_reservation,
        ports,
        depends_on: Vec::new(),
        gpus: 1,
        health_checked: false,
    }
}

fn facts(network_mode: NetworkMode, containers: Vec<ContainerFacts>) -> Facts {
    Facts {
        containers,
        cpu: None,
        memory: None,
        network_mode,
        compatibilities: LaunchSet::default(),
        requires_attributes: Vec::new(),
        task_role: None,
        execution_role: None,
        constraints: Vec::new(),
    }
}

fn port(container_port: u16, host_port: Option<u16>, protocol: Protocol) -> PortMapping {
    PortMapping { container_port: Some(container_port), host_port, container_port_range: None, protocol }
}

#[test]
fn containers_are_summed_and_the_soft_limit_counts() {
    let facts =
        facts(NetworkMode::None, vec![container(128, Some(512), Some(256), vec![]), container(64, Some(100), None, vec![])]);
    let reservation = facts.reservation();
    assert_eq!((reservation.cpu, reservation.memory), (192, 356));
    assert_eq!(facts.gpu_count(), 2);
}

#[test]
fn size_of_the_task_takes_precedence() {
    let facts =
        Facts { cpu: Some(1024), memory: Some(2048), ..facts(NetworkMode::None, vec![container(1, Some(1), None, vec![])]) };
    let reservation = facts.reservation();
    assert_eq!((reservation.cpu, reservation.memory), (1024, 2048));
}

#[test]
fn bridge_reserves_the_static_host_ports_only() {
    let ports = vec![
        port(80, Some(8080), Protocol::Tcp),
        port(81, Some(0), Protocol::Tcp),
        port(82, None, Protocol::Tcp),
        port(53, Some(53), Protocol::Udp),
    ];
    let reservation = facts(NetworkMode::Bridge, vec![container(0, None, None, ports)]).reservation();
    assert_eq!(reservation.ports_tcp, [8080].into_iter().collect());
    assert_eq!(reservation.ports_udp, [53].into_iter().collect());
}

#[test]
fn host_mode_reserves_the_container_ports() {
    let range =
        PortMapping { container_port: None, host_port: None, container_port_range: Some((9000, 9002)), protocol: Protocol::Tcp };
    let ports = vec![port(80, None, Protocol::Tcp), range];
    let reservation = facts(NetworkMode::Host, vec![container(0, None, None, ports)]).reservation();
    assert_eq!(reservation.ports_tcp, [80, 9000, 9001, 9002].into_iter().collect());
}

#[test]
fn awsvpc_reserves_no_host_port() {
    let ports = vec![port(80, Some(80), Protocol::Tcp)];
    let reservation = facts(NetworkMode::Awsvpc, vec![container(0, None, None, ports)]).reservation();
    assert!(reservation.ports_tcp.is_empty());
}
