//! Containers as agents get them.

use std::collections::BTreeMap;

use super::Hidden;

words! {
    /// What another container has to have done before this one starts.
    DependencyCondition {
        /// It has started.
        Start = "START",
        /// It has ended.
        Complete = "COMPLETE",
        /// It has ended with exit code 0.
        Success = "SUCCESS",
        /// Its health check has passed.
        Healthy = "HEALTHY",
    }
}

shapes! { "camelCase"
    /// A container. What has no member here is in its [`DockerConfig`].
    Container {
        /// Its name.
        name: String,
        /// Its image.
        image: String,
        /// Its ARN: opaque to agents.
        container_arn: Option<String>,
        /// CPU shares.
        cpu: Option<i64>,
        /// The hard limit of its memory in MiB.
        memory: Option<i64>,
        /// Whether the task ends with it.
        essential: Option<bool>,
        /// Its command; the image's if none.
        command: Option<Vec<String>>,
        /// Its entry point; the image's if none.
        entry_point: Option<Vec<String>>,
        /// Its environment.
        environment: Hidden<BTreeMap<String, String>>,
        /// Files with more of its environment.
        environment_files: Vec<EnvironmentFile>,
        /// Containers it knows by name, as `container:alias`.
        links: Vec<String>,
        /// Its published ports.
        port_mappings: Vec<PortMapping>,
        /// Where it sees volumes.
        mount_points: Vec<MountPoint>,
        /// Containers whose volumes it sees.
        volumes_from: Vec<VolumeFrom>,
        /// What it waits for.
        depends_on: Vec<ContainerDependency>,
        /// Seconds in which it has to start.
        start_timeout: Option<i64>,
        /// Seconds it gets to stop by itself.
        stop_timeout: Option<i64>,
        /// `docker`, if the container runtime checks its health.
        health_check_type: Option<String>,
        /// `ExecutionRole`, if its log driver signs with the execution role's credentials.
        logs_auth_strategy: Option<String>,
        /// How its image's registry is asked.
        registry_authentication: Option<RegistryAuthentication>,
        /// What the agent fetches for it.
        secrets: Vec<Secret>,
        /// Whether it routes the logs of the others.
        firelens_configuration: Option<FirelensConfiguration>,
        /// Programs that the agent starts in it.
        managed_agents: Vec<ManagedAgent>,
        /// Whether it is started again when it ends.
        restart_policy: Option<RestartPolicy>,
        /// Its credential specifications.
        credential_specs: Vec<String>,
        /// The names of its network interfaces.
        network_interface_names: Vec<String>,
        /// JSON as text. Agents know `command` in it and fail the task over anything else.
        overrides: Option<String>,
        /// Everything else.
        docker_config: Option<DockerConfig>,
    }
    /// A file in S3 with variables.
    EnvironmentFile {
        /// Its ARN.
        value: String,
        /// `s3`.
        r#type: String,
    }
    /// A published port, or a range of them.
    PortMapping {
        /// In the container.
        container_port: Option<i64>,
        /// First and last port in the container, such as `8000-8010`.
        container_port_range: Option<String>,
        /// On the host; 0 or none lets the agent choose.
        host_port: Option<i64>,
        /// `tcp` or `udp`.
        protocol: Option<String>,
    }
    /// Where a container sees a volume.
    MountPoint {
        /// The volume.
        source_volume: Option<String>,
        /// The path.
        container_path: Option<String>,
        /// Whether it cannot write there.
        read_only: Option<bool>,
    }
    /// A container whose volumes another one sees.
    VolumeFrom {
        /// Its name.
        source_container: Option<String>,
        /// Whether the other one cannot write there.
        read_only: Option<bool>,
    }
    /// Another container, and what it has to have done.
    ContainerDependency {
        /// Its name.
        container_name: String,
        /// What it has to have done.
        condition: Option<DependencyCondition>,
    }
    /// How a registry is asked.
    RegistryAuthentication {
        /// `ecr` or `asm`.
        r#type: String,
        /// For `ecr`.
        ecr_auth_data: Option<EcrAuthData>,
        /// For `asm`.
        asm_auth_data: Option<AsmAuthData>,
    }
    /// How ECR is asked.
    EcrAuthData {
        /// The registry's account.
        registry_id: Option<String>,
        /// Its region.
        region: Option<String>,
        /// Another URL than AWS's.
        endpoint_override: Option<String>,
        /// Whether with the execution role's credentials.
        use_execution_role: Option<bool>,
    }
    /// Where the registry's password is.
    AsmAuthData {
        /// The ARN of the secret.
        credentials_parameter: Option<String>,
        /// Its region.
        region: Option<String>,
    }
    /// Something the agent fetches for a container.
    Secret {
        /// What the container knows it by.
        name: String,
        /// Where it is.
        value_from: String,
        /// The region it is in.
        region: Option<String>,
        /// `ssm` or `asm`.
        provider: Option<String>,
        /// `ENVIRONMENT_VARIABLE`, `MOUNT_POINT` or `BOOTSTRAP`.
        r#type: Option<String>,
        /// `CONTAINER` or `LOG_DRIVER`.
        target: Option<String>,
        /// Where the container finds it, for `MOUNT_POINT`.
        container_path: Option<String>,
    }
    /// How a container routes the logs of the others.
    FirelensConfiguration {
        /// `fluentd` or `fluentbit`.
        r#type: String,
        /// Its options.
        options: BTreeMap<String, String>,
    }
    /// A program that the agent starts in a container.
    ManagedAgent {
        /// `ExecuteCommandAgent`.
        name: String,
        /// How it is set up.
        properties: BTreeMap<String, String>,
    }
    /// Whether a container is started again when it ends.
    RestartPolicy {
        /// Whether it is.
        enabled: Option<bool>,
        /// Exit codes after which it is not.
        ignored_exit_codes: Vec<i64>,
        /// Seconds it has to have run.
        restart_attempt_period: Option<i64>,
    }
    /// What goes to the container runtime as it is, on top of what the agent makes of the rest.
    DockerConfig {
        /// A [`Config`](super::docker::Config), as JSON text.
        config: Option<String>,
        /// A [`HostConfig`](super::docker::HostConfig), as JSON text.
        host_config: Option<String>,
        /// The lowest version of Docker's API that knows all of it.
        version: Option<String>,
    }
}
