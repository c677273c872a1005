//! The control stream's messages.

use super::frame::messages;
use super::{Attachment, DesiredStatus, ElasticNetworkInterface, RoleCredentials, Task};

messages! {
    /// What the control plane says on the control stream.
    ControlMessage {
        /// Are you there?
        Heartbeat(Heartbeat) = "HeartbeatMessage",
        /// Tasks to run or to stop.
        Payload(Payload) = "PayloadMessage",
        /// New credentials for a task's role.
        IamRoleCredentials(IamRoleCredentials) = "IAMRoleCredentialsMessage",
        /// All tasks that the control plane knows on the instance.
        TaskManifest(TaskManifest) = "TaskManifestMessage",
        /// The tasks of a [`TaskStopVerification`] that are to be stopped.
        TaskStopVerificationAck(TaskStopVerificationAck) = "TaskStopVerificationAck",
        /// A task's network interfaces were attached.
        AttachTaskNetworkInterfaces(AttachTaskNetworkInterfaces) = "AttachTaskNetworkInterfacesMessage",
        /// The instance's network interfaces were attached.
        AttachInstanceNetworkInterfaces(AttachInstanceNetworkInterfaces) = "AttachInstanceNetworkInterfacesMessage",
        /// Something else was attached, such as a volume.
        ConfirmAttachment(ConfirmAttachment) = "ConfirmAttachmentMessage",
        /// Which images to pull before tasks come. Berth's own: only agents that say that they understand it are told.
        PullAhead(PullAhead) = "BerthPullAheadMessage",
        /// Fetch a new agent.
        StageUpdate(UpdateOrder) = "StageUpdateMessage",
        /// Become the new agent.
        PerformUpdate(UpdateOrder) = "PerformUpdateMessage",
        /// The stream is about to be closed.
        Close(Notice) = "CloseMessage",
        /// Something went wrong.
        Error(Notice) = "ErrorMessage",
    }
}

messages! {
    /// What an agent says on the control stream.
    AgentMessage {
        /// A message was accepted as a whole.
        Ack(AckRequest) = "AckRequest",
        /// An update message was refused.
        Nack(NackRequest) = "NackRequest",
        /// Credentials were taken over.
        IamRoleCredentialsAck(IamRoleCredentialsAck) = "IAMRoleCredentialsAckRequest",
        /// I am here.
        HeartbeatAck(HeartbeatAck) = "HeartbeatAckRequest",
        /// Tasks that run here and stand in no manifest: shall they be stopped?
        TaskStopVerification(TaskStopVerification) = "TaskStopVerificationMessage",
    }
}

shapes! { "camelCase"
    /// Asks for a sign of life. On the telemetry stream nobody answers it.
    Heartbeat {
        /// Names the message; absent on the telemetry stream.
        message_id: Option<String>,
        /// Whether the control plane is well.
        healthy: Option<bool>,
    }
    /// Answers a heartbeat.
    HeartbeatAck {
        /// The heartbeat's.
        message_id: Option<String>,
    }
    /// Tasks to run or to stop. Only if all of them were accepted it is acknowledged.
    Payload {
        /// The instance's cluster.
        cluster_arn: String,
        /// The instance.
        container_instance_arn: String,
        /// Names the message.
        message_id: String,
        /// When it was made, in milliseconds since 1970.
        generated_at: Option<i64>,
        /// Rises with what the control plane knows.
        seq_num: Option<i64>,
        /// The same.
        timeline: Option<i64>,
        /// The tasks. Those of which the agent knows already change in what is desired of them alone.
        tasks: Vec<Task>,
    }
    /// A message was accepted.
    AckRequest {
        /// The message's cluster.
        cluster: Option<String>,
        /// The message's instance.
        container_instance: Option<String>,
        /// The message's name.
        message_id: String,
    }
    /// A message was refused.
    NackRequest {
        /// The message's cluster.
        cluster: Option<String>,
        /// The message's instance.
        container_instance: Option<String>,
        /// The message's name.
        message_id: String,
        /// Why.
        reason: Option<String>,
    }
    /// New credentials for a role of a task.
    IamRoleCredentials {
        /// Names the message.
        message_id: String,
        /// The task.
        task_arn: String,
        /// The task's cluster.
        task_cluster_arn: Option<String>,
        /// `TaskApplication` or `TaskExecution`.
        role_type: String,
        /// The credentials.
        role_credentials: Option<RoleCredentials>,
    }
    /// Credentials were taken over.
    IamRoleCredentialsAck {
        /// The name of the message that held them.
        message_id: String,
        /// The credentials' name.
        credentials_id: Option<super::Hidden<String>>,
        /// Until when they are good, as it was sent.
        expiration: Option<String>,
    }
    /// All tasks that the control plane knows on the instance.
    TaskManifest {
        /// Names the message.
        message_id: String,
        /// The instance's cluster.
        cluster_arn: Option<String>,
        /// The instance.
        container_instance_arn: Option<String>,
        /// When it was made, in milliseconds since 1970.
        generated_at: Option<i64>,
        /// An agent drops it unless this is more than in all it had before.
        timeline: Option<i64>,
        /// The tasks.
        tasks: Vec<ManifestTask>,
    }
    /// A task of a manifest.
    ManifestTask {
        /// The task.
        task_arn: String,
        /// Its cluster.
        task_cluster_arn: Option<String>,
        /// What it is to do.
        desired_status: Option<DesiredStatus>,
    }
    /// Tasks that run here and stand in no manifest.
    TaskStopVerification {
        /// The manifest's name.
        message_id: String,
        /// The tasks.
        stop_candidates: Vec<ManifestTask>,
    }
    /// Those of the candidates that are to be stopped.
    TaskStopVerificationAck {
        /// The manifest's name.
        message_id: String,
        /// When it was made, in milliseconds since 1970.
        generated_at: Option<i64>,
        /// The tasks.
        stop_tasks: Vec<ManifestTask>,
    }
    /// A task's network interfaces were attached.
    AttachTaskNetworkInterfaces {
        /// Names the message.
        message_id: String,
        /// The instance's cluster.
        cluster_arn: String,
        /// The instance.
        container_instance_arn: String,
        /// The task.
        task_arn: String,
        /// The task's cluster.
        task_cluster_arn: Option<String>,
        /// When it was made, in milliseconds since 1970.
        generated_at: Option<i64>,
        /// How long the agent waits for them to appear.
        wait_timeout_ms: i64,
        /// The interfaces.
        elastic_network_interfaces: Vec<ElasticNetworkInterface>,
    }
    /// The instance's network interfaces were attached.
    AttachInstanceNetworkInterfaces {
        /// Names the message.
        message_id: String,
        /// The instance's cluster.
        cluster_arn: String,
        /// The instance.
        container_instance_arn: String,
        /// When it was made, in milliseconds since 1970.
        generated_at: Option<i64>,
        /// How long the agent waits for them to appear.
        wait_timeout_ms: i64,
        /// The interfaces.
        elastic_network_interfaces: Vec<ElasticNetworkInterface>,
    }
    /// Something was attached to the instance or a task.
    ConfirmAttachment {
        /// Names the message.
        message_id: String,
        /// The instance's cluster.
        cluster_arn: String,
        /// The instance.
        container_instance_arn: String,
        /// The task, if it is a task's.
        task_arn: Option<String>,
        /// The task's cluster.
        task_cluster_arn: Option<String>,
        /// When it was made, in milliseconds since 1970.
        generated_at: Option<i64>,
        /// How long the agent waits for it to appear; 0 is five minutes.
        wait_timeout_ms: i64,
        /// What it is.
        attachment: Option<Attachment>,
    }
    /// All images that are to be here before tasks come, the most urgent first. It takes the place of the one before it.
    PullAhead {
        /// Names the message.
        message_id: String,
        /// The instance's cluster.
        cluster_arn: String,
        /// The instance.
        container_instance_arn: String,
        /// Their names.
        images: Vec<String>,
    }
    /// About a new version of the agent.
    UpdateOrder {
        /// Names the message.
        message_id: String,
        /// The instance's cluster.
        cluster_arn: Option<String>,
        /// The instance.
        container_instance_arn: Option<String>,
        /// Where it is.
        update_info: Option<UpdateInfo>,
    }
    /// Where a new version of the agent is.
    UpdateInfo {
        /// Its URL.
        location: Option<String>,
        /// Its MD5 sum.
        signature: Option<String>,
    }
    /// A text that agents write to their log.
    Notice {
        /// The text.
        message: Option<String>,
    }
}
