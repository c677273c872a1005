//! Tasks as agents get them.

use std::collections::BTreeMap;

use super::{Container, ElasticNetworkInterface, RoleCredentials, Volume};

words! {
    /// What a task is to do. It only moves forward.
    DesiredStatus {
        /// Nothing yet.
        None = "NONE",
        /// Be made.
        Created = "CREATED",
        /// Run.
        Running = "RUNNING",
        /// Stop.
        Stopped = "STOPPED",
    }
}

shapes! { "camelCase"
    /// A task.
    Task {
        /// Its ARN: opaque to agents.
        arn: String,
        /// The family of its definition.
        family: String,
        /// The revision of its definition.
        version: String,
        /// What it is to do.
        desired_status: Option<DesiredStatus>,
        /// Its containers.
        containers: Vec<Container>,
        /// Its cluster, which need not be the instance's.
        task_cluster_arn: Option<String>,
        /// The account of its definition.
        task_definition_account_id: Option<String>,
        /// Its group.
        group: Option<String>,
        /// Its service, if it is one's.
        service_name: Option<String>,
        /// `EC2`, `FARGATE` or `EXTERNAL`.
        launch_type: Option<String>,
        /// JSON as text; agents ignore it.
        overrides: Option<String>,
        /// `bridge` where nothing is said; `host`, `none`, `awsvpc`.
        network_mode: Option<String>,
        /// `host` or `task`.
        pid_mode: Option<String>,
        /// `host`, `task` or `none`.
        ipc_mode: Option<String>,
        /// Processors, such as 0.5.
        cpu: Option<f64>,
        /// Memory in MiB.
        memory: Option<i64>,
        /// Its volumes.
        volumes: Vec<Volume>,
        /// Its network interfaces.
        elastic_network_interfaces: Vec<ElasticNetworkInterface>,
        /// Its proxy.
        proxy_configuration: Option<ProxyConfiguration>,
        /// What its containers sign with.
        role_credentials: Option<RoleCredentials>,
        /// What the agent signs with on its behalf.
        execution_role_credentials: Option<RoleCredentials>,
        /// Devices, such as GPUs.
        associations: Vec<Association>,
        /// What is attached to it.
        attachments: Vec<Attachment>,
        /// Whether its containers may ask for faults.
        enable_fault_injection: Option<bool>,
        /// GiB of the disk that its containers and its own volumes share, where it has one of its own. Berth's own member, of Fargate tasks,
        /// which go to Berth's agents alone.
        ephemeral_storage_gib: Option<u32>,
    }
    /// A proxy between a task's containers and the network.
    ProxyConfiguration {
        /// `APPMESH`.
        r#type: Option<String>,
        /// The container that is the proxy.
        container_name: Option<String>,
        /// How it is set up.
        properties: BTreeMap<String, String>,
    }
    /// A device, and the containers that get it.
    Association {
        /// Its name, such as a GPU's id.
        name: String,
        /// `gpu` or `elastic-inference`.
        r#type: String,
        /// The containers' names.
        containers: Vec<String>,
        /// What is to be known of it.
        content: Option<AssociationContent>,
    }
    /// What is to be known of a device.
    AssociationContent {
        /// `identity` or `base64`.
        encoding: Option<String>,
        /// It, so encoded.
        value: Option<String>,
    }
    /// Something attached to a task or an instance.
    Attachment {
        /// Its ARN.
        attachment_arn: String,
        /// What it is, such as `amazonebs`.
        attachment_type: Option<String>,
        /// What is to be known of it.
        attachment_properties: Vec<AttachmentProperty>,
    }
    /// Something to be known of an attachment.
    AttachmentProperty {
        /// What.
        name: String,
        /// Its value.
        value: Option<String>,
    }
}
