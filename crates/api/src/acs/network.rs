//! Network interfaces as agents get them.

shapes! { "camelCase"
    /// A network interface.
    ElasticNetworkInterface {
        /// The ARN of its attachment.
        attachment_arn: Option<String>,
        /// Its id.
        ec2_id: String,
        /// Its hardware address.
        mac_address: String,
        /// Its IPv4 addresses.
        ipv4_addresses: Vec<Ipv4Address>,
        /// Its IPv6 addresses.
        ipv6_addresses: Vec<Ipv6Address>,
        /// The subnet's gateway, as `address/length`.
        subnet_gateway_ipv4_address: Option<String>,
        /// The subnet's IPv6 gateway.
        subnet_gateway_ipv6_address: Option<String>,
        /// Search domains.
        domain_name: Vec<String>,
        /// Name servers.
        domain_name_servers: Vec<String>,
        /// The name its address has.
        private_dns_name: Option<String>,
        /// Its name in the task.
        name: Option<String>,
        /// Its place among the task's.
        index: Option<i64>,
        /// `default`, `vlan`, `tunnel` or `veth`.
        interface_association_protocol: Option<String>,
        /// For `vlan`.
        interface_vlan_properties: Option<VlanProperties>,
        /// For `tunnel`.
        interface_tunnel_properties: Option<TunnelProperties>,
        /// For `veth`.
        interface_veth_properties: Option<VethProperties>,
    }
    /// An IPv4 address.
    Ipv4Address {
        /// Whether it is the main one.
        primary: Option<bool>,
        /// It.
        private_address: String,
    }
    /// An IPv6 address.
    Ipv6Address {
        /// Whether it is the main one.
        primary: Option<bool>,
        /// It.
        address: String,
    }
    /// A branch of a trunk interface.
    VlanProperties {
        /// The branch's number.
        vlan_id: Option<String>,
        /// The trunk's hardware address.
        trunk_interface_mac_address: Option<String>,
    }
    /// An interface at the end of a tunnel.
    TunnelProperties {
        /// The tunnel's id.
        tunnel_id: Option<String>,
        /// The interface's address.
        interface_ip_address: Option<String>,
    }
    /// One end of a pair of interfaces.
    VethProperties {
        /// The other end.
        peer_interface: Option<String>,
    }
}
