//! Docker Engine's words for a container, as far as the protocol uses them.

use std::collections::BTreeMap;

shapes! { "PascalCase"
    /// What goes into a container.
    Config {
        /// User, and group after a colon.
        user: Option<String>,
        /// The folder its first process starts in.
        working_dir: Option<String>,
        /// Its host name.
        hostname: Option<String>,
        /// Whether it has a terminal.
        tty: Option<bool>,
        /// Whether its input stays open.
        open_stdin: Option<bool>,
        /// Whether it has no network.
        network_disabled: Option<bool>,
        /// Its labels.
        labels: BTreeMap<String, String>,
        /// The signal that stops it.
        stop_signal: Option<String>,
        /// How its health is checked.
        healthcheck: Option<Healthcheck>,
    }
    /// How a container's health is checked; times are in nanoseconds.
    Healthcheck {
        /// `CMD` and a command, or `CMD-SHELL` and a line for the shell.
        test: Vec<String>,
        /// From one check to the next.
        interval: Option<i64>,
        /// What one check gets.
        timeout: Option<i64>,
        /// Failures in a row until it is unhealthy.
        retries: Option<i64>,
        /// The time from its start in which failures do not count.
        start_period: Option<i64>,
    }
    /// What surrounds a container.
    HostConfig {
        /// `bridge`, `host`, `none`, or `container:ID`.
        network_mode: Option<String>,
        /// Where its output goes.
        log_config: Option<LogConfig>,
        /// Capabilities it gets.
        cap_add: Vec<String>,
        /// Capabilities it loses.
        cap_drop: Vec<String>,
        /// Whether it may do what the host may.
        privileged: Option<bool>,
        /// Whether its root is read-only.
        readonly_rootfs: Option<bool>,
        /// Security labels.
        security_opt: Vec<String>,
        /// Its limits.
        ulimits: Vec<Ulimit>,
        /// Its name servers.
        dns: Vec<String>,
        /// Its search domains.
        dns_search: Vec<String>,
        /// Hosts it knows, as `name:address`.
        extra_hosts: Vec<String>,
        /// Kernel parameters of its namespaces.
        sysctls: BTreeMap<String, String>,
        /// Devices of the host that it sees.
        devices: Vec<Device>,
        /// File systems in memory: paths and mount options.
        tmpfs: BTreeMap<String, String>,
        /// The size of `/dev/shm` in bytes.
        shm_size: Option<i64>,
        /// The soft limit of its memory in bytes.
        memory_reservation: Option<i64>,
        /// Memory and swap together in bytes; -1 is no limit.
        memory_swap: Option<i64>,
        /// How readily its memory is swapped, 0 to 100.
        memory_swappiness: Option<i64>,
        /// Whether a small init is its first process.
        init: Option<bool>,
        /// `host`, or another container's.
        pid_mode: Option<String>,
        /// `host`, `none`, or another container's.
        ipc_mode: Option<String>,
    }
    /// Where a container's output goes.
    LogConfig {
        /// The log driver.
        r#type: String,
        /// Its options.
        config: BTreeMap<String, String>,
    }
    /// A limit.
    Ulimit {
        /// Its name, such as `nofile`.
        name: String,
        /// What a process starts with.
        soft: i64,
        /// What it may raise it to.
        hard: i64,
    }
    /// A device of the host.
    Device {
        /// Its path there.
        path_on_host: String,
        /// Its path in the container.
        path_in_container: String,
        /// Letters of `rwm`.
        cgroup_permissions: String,
    }
}
