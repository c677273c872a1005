use super::*;

const HOST: &str = "When networkMode=host, the host ports and container ports in port mappings must match.";
const AWSVPC: &str = "When networkMode=awsvpc, the host ports and container ports in port mappings must match.";

fn mode(mode: &str) -> (&'static str, Value) {
    ("networkMode", json!(mode))
}

fn ports(mappings: Value) -> (&'static str, Value) {
    ("c/portMappings", mappings)
}

#[test]
fn ports_are_numbers_of_ports() {
    table(
        &[
            &[ports(json!([{"containerPort": 80}, {"containerPort": 80}, {"containerPort": 65535, "hostPort": 65535}]))],
            &[ports(json!([{"containerPort": 53, "hostPort": 53}, {"containerPort": 53, "hostPort": 53, "protocol": "udp"}]))],
        ],
        &[
            (&[ports(json!([{"hostPort": 80}]))], "Invalid 'containerPort' setting for container 'app'."),
            (&[ports(json!([{"containerPort": 0}]))], "Invalid 'containerPort' setting for container 'app'."),
            (&[ports(json!([{"containerPort": 65536}]))], "Invalid 'containerPort' setting for container 'app'."),
            (&[ports(json!([{"containerPort": 1, "hostPort": -1}]))], "Invalid 'hostPort' setting for container 'app'."),
            (
                &[ports(json!([{"containerPort": 1, "hostPort": 80}, {"containerPort": 2, "hostPort": 80}]))],
                "TCP host port '80' is mapped multiple times in task.",
            ),
            (&[ports(json!([{"containerPort": 1, "name": "-x"}]))], "Invalid 'portMappings.name' setting for container 'app'."),
            (&[ports(json!([{"containerPort": 1, "name": "Web"}]))], "Invalid 'portMappings.name' setting for container 'app'."),
        ],
    );
}

#[test]
fn host_port_conflicts_reach_over_containers() {
    let other = json!({"name": "b", "image": "x", "memory": 6, "portMappings": [{"containerPort": 3000, "hostPort": 3000, "protocol": "udp"}]});
    let udp = ports(json!([{"containerPort": 1, "hostPort": 3000, "protocol": "udp"}]));
    refuse(plain(), &[udp, ("containerDefinitions/1", other.clone())], "UDP host port '3000' is mapped multiple times in task.");
    accept(plain(), &[ports(json!([{"containerPort": 1, "hostPort": 3000}])), ("containerDefinitions/1", other)]);
}

#[test]
fn ranges_are_first_and_last_port() {
    let range = |text: &str| ports(json!([{"containerPortRange": text}]));
    let message = "Invalid 'containerPortRange' setting for container 'app'.";
    accept(plain(), &[range("8080-8090")]);
    accept(plain(), &[range("8080-8080")]);
    for text in ["8090-8080", "8080", "0-10", "1-65536", "a-b", "1-2-3", "", "1-+2"] {
        refuse(plain(), &[range(text)], message);
    }
    refuse(plain(), &[range("1-2"), mode("host")], message);
    refuse(
        plain(),
        &[ports(json!([{"containerPortRange": "1-2", "containerPort": 1}]))],
        "Invalid port mapping for container 'app', cannot specify both single port and port range.",
    );
    refuse(
        plain(),
        &[mode("awsvpc"), ports(json!([{"containerPortRange": "8080-8090"}, {"containerPortRange": "8085-8095"}]))],
        "TCP container port '8085' is used multiple times in task when networkMode=awsvpc.",
    );
}

#[test]
fn network_mode_decides_on_host_ports() {
    let pair = |host: i32| ports(json!([{"containerPort": 80, "hostPort": host}]));
    accept(plain(), &[mode("bridge"), pair(8080)]);
    accept(plain(), &[mode("host"), pair(80)]);
    accept(plain(), &[mode("awsvpc"), pair(80)]);
    refuse(plain(), &[mode("host"), pair(8080)], HOST);
    refuse(plain(), &[mode("awsvpc"), pair(8080)], AWSVPC);
    refuse(plain(), &[mode("none"), pair(0)], "Port mappings are not supported when networkMode=none.");
    accept(plain(), &[mode("none")]);
    refuse(plain(), &[mode("vpc")], "Invalid network mode 'vpc'.");
}

#[test]
fn names_of_ports_are_unique_in_a_network_of_its_own() {
    let named = ports(json!([{"containerPort": 80, "name": "web"}, {"containerPort": 81, "name": "web"}]));
    refuse(plain(), &[mode("awsvpc"), named.clone()], "When networkMode=awsvpc, port mapping name is already used");
    accept(plain(), &[named]);
}

#[test]
fn network_of_its_own_rules_out_what_the_bridge_has() {
    let cases = [
        ("c/hostname", json!("h"), "hostname is not supported on container when networkMode=awsvpc."),
        ("c/dnsServers", json!(["10.0.0.2"]), "DNS servers are not supported on container when networkMode=awsvpc."),
        ("c/dnsSearchDomains", json!(["a.b"]), "DNS search domains are not supported on container when networkMode=awsvpc."),
        (
            "c/extraHosts",
            json!([{"hostname": "a", "ipAddress": "10.0.0.1"}]),
            "Extra hosts are not supported on container when networkMode=awsvpc.",
        ),
        ("c/disableNetworking", json!(true), "Disable Networking is not supported on container when networkMode=awsvpc."),
    ];
    for (field, value, message) in cases {
        accept(plain(), &[(field, value.clone())]);
        refuse(plain(), &[mode("awsvpc"), (field, value)], message);
    }
    accept(plain(), &[mode("awsvpc"), ("c/disableNetworking", json!(false)), ("c/dnsServers", json!([]))]);
}

#[test]
fn links_lead_to_containers_on_the_bridge() {
    let db = |links: Value| ("containerDefinitions/1", json!({"name": "db", "image": "x", "memory": 6, "links": links}));
    accept(plain(), &[db(json!([])), ("c/links", json!(["db:database", "db"]))]);
    refuse(plain(), &[("c/links", json!(["nope:x"]))], "Invalid 'links' setting. Unknown container: 'nope'.");
    refuse(plain(), &[db(json!(["app"])), ("c/links", json!(["db"]))], "Container links should not have a cycle");
    refuse(plain(), &[("c/links", json!(["app"]))], "Container links should not have a cycle");
    for other in ["awsvpc", "host", "none"] {
        let message = format!("Links are not supported when networkMode={other}.");
        refuse(plain(), &[db(json!([])), mode(other), ("c/links", json!(["db"]))], &message);
    }
}

#[test]
fn proxy_is_a_container_of_a_task_with_its_own_network() {
    let properties = |names: &[&str]| {
        let pairs: Vec<Value> = names.iter().map(|name| json!({"name": name, "value": "1"})).collect();
        json!({"type": "APPMESH", "containerName": "app", "properties": pairs})
    };
    let all = ["ProxyIngressPort", "ProxyEgressPort", "AppPorts", "IgnoredUID"];
    let proxy = |value: Value| ("proxyConfiguration", value);
    accept(plain(), &[mode("awsvpc"), proxy(properties(&all))]);
    let only = "APPMESH proxy configuration is only supported in networkMode=awsvpc";
    refuse(plain(), &[proxy(properties(&all))], only);
    let other = json!({"containerName": "envoy"});
    refuse(plain(), &[mode("awsvpc"), proxy(other)], "Proxy container [envoy] does not exist.");
    let missing =
        ["Ingress port not found", "Egress port not found", "App ports not found", "Ignored UID or ignored GID not found"];
    for (count, message) in missing.into_iter().enumerate() {
        refuse(plain(), &[mode("awsvpc"), proxy(properties(&all[..count]))], message);
    }
}
