use std::collections::BTreeMap;

use berth_api::acs::{Container, Hidden, PortMapping, Task};

use super::*;

fn container(name: &str, links: &[&str]) -> Container {
    Container { name: name.to_owned(), links: links.iter().map(|&link| link.to_owned()).collect(), ..Container::default() }
}

#[test]
fn links_lead_to_containers_of_the_task() {
    let containers = vec![container("web", &["db:data", "cache"]), container("cache", &[]), container("db", &[])];
    let task = Task { containers, ..Task::default() };
    let expected = [Link { to: 2, alias: "data" }, Link { to: 1, alias: "cache" }];
    assert_eq!(of(&task, &task.containers[0]).unwrap(), expected);
    assert_eq!(of(&task, &container("x", &["nobody"])), None);
    assert_eq!((names("data", "db"), names("db", "db")), ("data db".to_owned(), "db".to_owned()));
}

#[test]
fn variables_are_those_of_dockers_links() {
    let mut db = container("my-db", &[]);
    db.environment = Hidden(BTreeMap::from([("USER".to_owned(), "own".to_owned()), ("HOME".to_owned(), "/x".to_owned())]));
    let mapping = |port, protocol: &str| PortMapping {
        container_port: Some(port),
        protocol: Some(protocol.to_owned()),
        ..PortMapping::default()
    };
    db.port_mappings = vec![mapping(53, "udp"), mapping(6379, "tcp")];
    let image = ImageConfig {
        exposed_ports: vec!["6379/tcp".to_owned(), "6380".to_owned()],
        env: vec!["PATH=/bin".to_owned(), "USER=image".to_owned(), "VERSION=7".to_owned()],
        ..ImageConfig::default()
    };
    let told = environment("web", "my-db", Ipv4Addr::new(10, 64, 0, 3), &db, &image);
    let told: BTreeMap<&str, &str> = told.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = BTreeMap::from([
        ("MY_DB_PORT", "tcp://10.64.0.3:6379"),
        ("MY_DB_PORT_6379_TCP", "tcp://10.64.0.3:6379"),
        ("MY_DB_PORT_6379_TCP_ADDR", "10.64.0.3"),
        ("MY_DB_PORT_6379_TCP_PORT", "6379"),
        ("MY_DB_PORT_6379_TCP_PROTO", "tcp"),
        ("MY_DB_PORT_6380_TCP", "tcp://10.64.0.3:6380"),
        ("MY_DB_PORT_6380_TCP_ADDR", "10.64.0.3"),
        ("MY_DB_PORT_6380_TCP_PORT", "6380"),
        ("MY_DB_PORT_6380_TCP_PROTO", "tcp"),
        ("MY_DB_PORT_53_UDP", "udp://10.64.0.3:53"),
        ("MY_DB_PORT_53_UDP_ADDR", "10.64.0.3"),
        ("MY_DB_PORT_53_UDP_PORT", "53"),
        ("MY_DB_PORT_53_UDP_PROTO", "udp"),
        ("MY_DB_NAME", "/web/my-db"),
        ("MY_DB_ENV_USER", "own"),
        ("MY_DB_ENV_VERSION", "7"),
    ]);
    assert_eq!(told, expected);
}
