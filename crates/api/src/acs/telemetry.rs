//! The telemetry stream's messages. Moments are in seconds since 1970, with decimals.

use super::frame::messages;
use super::{Heartbeat, Notice};

messages! {
    /// What the control plane says on the telemetry stream.
    TelemetryAnswer {
        /// Are you there? Nobody answers it.
        Heartbeat(Heartbeat) = "HeartbeatMessage",
        /// Metrics were taken in.
        AckMetrics(Notice) = "AckPublishMetric",
        /// Health was taken in.
        AckHealth(Notice) = "AckPublishHealth",
        /// An instance's status was taken in.
        AckInstanceStatus(Notice) = "AckPublishInstanceStatus",
        /// The stream is about to be closed.
        StopSession(Notice) = "StopTelemetrySessionMessage",
        /// A frame could not be read.
        BadRequest(Notice) = "BadRequestException",
        /// A frame asked for something impossible.
        InvalidParameter(Notice) = "InvalidParameterException",
        /// A frame is about something else than this instance.
        ResourceValidation(Notice) = "ResourceValidationException",
        /// A frame could not be taken in.
        ServerError(Notice) = "ServerException",
    }
}

messages! {
    /// What an agent says on the telemetry stream.
    TelemetryReport {
        /// What tasks use.
        Metrics(PublishMetrics) = "PublishMetricsRequest",
        /// What health checks of containers say.
        Health(PublishHealth) = "PublishHealthRequest",
        /// What health checks of the instance say.
        InstanceStatus(PublishInstanceStatus) = "PublishInstanceStatusRequest",
    }
}

words! {
    /// What a container's health check says.
    HealthStatus {
        /// It passes.
        Healthy = "HEALTHY",
        /// It fails.
        Unhealthy = "UNHEALTHY",
        /// It has not come to a result.
        Unknown = "UNKNOWN",
    }
}

words! {
    /// What a check of the instance says.
    CheckStatus {
        /// It passes.
        Ok = "OK",
        /// It fails.
        Impaired = "IMPAIRED",
        /// It has not come to a result.
        InsufficientData = "INSUFFICIENT_DATA",
        /// It has not begun.
        Initializing = "INITIALIZING",
    }
}

shapes! { "camelCase"
    /// What tasks use: one of several frames with the same name, the last of which says `fin`.
    PublishMetrics {
        /// Whose, and which frame.
        metadata: Option<MetricsMetadata>,
        /// The tasks, ten at most.
        task_metrics: Vec<TaskMetric>,
        /// When.
        timestamp: Option<f64>,
    }
    /// Whose metrics, and which frame.
    MetricsMetadata {
        /// The instance's cluster.
        cluster: Option<String>,
        /// The instance.
        container_instance: Option<String>,
        /// Names all frames of one sample.
        message_id: Option<String>,
        /// Whether there is no task.
        idle: Option<bool>,
        /// Whether it is the last frame of the sample.
        fin: Option<bool>,
    }
    /// What a task uses.
    TaskMetric {
        /// The task.
        task_arn: Option<String>,
        /// Its cluster.
        cluster_arn: Option<String>,
        /// The family of its definition.
        task_definition_family: Option<String>,
        /// The revision of its definition.
        task_definition_version: Option<String>,
        /// Its containers.
        container_metrics: Vec<ContainerMetric>,
    }
    /// What a container uses.
    ContainerMetric {
        /// Its name.
        container_name: Option<String>,
        /// Its ARN.
        container_arn: Option<String>,
        /// Percent of all the host's processors.
        cpu_stats_set: Option<StatsSet>,
        /// MiB.
        memory_stats_set: Option<StatsSet>,
        /// What went through its network. Containers that share one have equal parts of it.
        network_stats_set: Option<NetworkStatsSet>,
        /// What it read from disks and wrote to them.
        storage_stats_set: Option<StorageStatsSet>,
        /// Processes and threads. The protocol has no such: only Berth's agent says it, and whoever does not know it passes it over.
        pids_stats_set: Option<StatsSet>,
        /// If it has a restart policy.
        restart_stats_set: Option<RestartStatsSet>,
    }
    /// How a container was started again.
    RestartStatsSet {
        /// How often.
        restart_count: Option<i64>,
    }
    /// What went through a network since it was made.
    NetworkStatsSet {
        /// Bytes that came in.
        rx_bytes: Option<CounterStatsSet>,
        /// Packets that came in.
        rx_packets: Option<CounterStatsSet>,
        /// Packets that would have come in.
        rx_dropped: Option<CounterStatsSet>,
        /// Packets that came in damaged.
        rx_errors: Option<CounterStatsSet>,
        /// Bytes that went out.
        tx_bytes: Option<CounterStatsSet>,
        /// Packets that went out.
        tx_packets: Option<CounterStatsSet>,
        /// Packets that would have gone out.
        tx_dropped: Option<CounterStatsSet>,
        /// Packets that could not go out.
        tx_errors: Option<CounterStatsSet>,
        /// Bytes that come in each second.
        rx_bytes_per_second: Option<StatsSet>,
        /// Bytes that go out each second.
        tx_bytes_per_second: Option<StatsSet>,
    }
    /// What went from and to disks since the container began.
    StorageStatsSet {
        /// Bytes read.
        read_size_bytes: Option<CounterStatsSet>,
        /// Bytes written.
        write_size_bytes: Option<CounterStatsSet>,
    }
    /// Samples of a counter, summed up. What is beyond 63 bits stands in the members of overflow.
    CounterStatsSet {
        /// The least.
        min: Option<i64>,
        /// The most.
        max: Option<i64>,
        /// How many.
        sample_count: Option<i64>,
        /// Their sum.
        sum: Option<i64>,
        /// What `min` had no room for.
        overflow_min: Option<i64>,
        /// What `max` had no room for.
        overflow_max: Option<i64>,
        /// What `sum` had no room for.
        overflow_sum: Option<i64>,
    }
    /// Samples, summed up.
    StatsSet {
        /// The least.
        min: Option<f64>,
        /// The most.
        max: Option<f64>,
        /// How many.
        sample_count: Option<i64>,
        /// Their sum.
        sum: Option<f64>,
    }
    /// What health checks of containers say.
    PublishHealth {
        /// Whose, and which frame.
        metadata: Option<HealthMetadata>,
        /// The tasks, ten at most.
        tasks: Vec<TaskHealth>,
        /// When.
        timestamp: Option<f64>,
    }
    /// Whose health, and which frame.
    HealthMetadata {
        /// The instance's cluster.
        cluster: Option<String>,
        /// The instance.
        container_instance: Option<String>,
        /// Names all frames of one sample.
        message_id: Option<String>,
        /// Whether it is the last frame of the sample.
        fin: Option<bool>,
    }
    /// The health of a task's containers.
    TaskHealth {
        /// The task.
        task_arn: Option<String>,
        /// Its cluster.
        cluster_arn: Option<String>,
        /// The family of its definition.
        task_definition_family: Option<String>,
        /// The revision of its definition.
        task_definition_version: Option<String>,
        /// Its containers.
        containers: Vec<ContainerHealth>,
    }
    /// The health of a container.
    ContainerHealth {
        /// Its name.
        container_name: Option<String>,
        /// What its check says.
        health_status: Option<HealthStatus>,
        /// Since when.
        status_since: Option<f64>,
        /// The check's last output.
        status_message: Option<String>,
    }
    /// What health checks of the instance say.
    PublishInstanceStatus {
        /// Whose.
        metadata: Option<InstanceStatusMetadata>,
        /// What each check says.
        statuses: Vec<InstanceStatus>,
        /// When.
        timestamp: Option<f64>,
    }
    /// Whose status.
    InstanceStatusMetadata {
        /// The instance's cluster.
        cluster: Option<String>,
        /// The instance.
        container_instance: Option<String>,
        /// Names the message.
        request_id: Option<String>,
    }
    /// What a health check of the instance says.
    InstanceStatus {
        /// What is checked, such as `ContainerRuntime`.
        r#type: Option<String>,
        /// What the check says.
        status: Option<CheckStatus>,
        /// Why.
        status_reason: Option<String>,
        /// When it was last checked.
        last_updated: Option<f64>,
        /// When it last said something else.
        last_status_change: Option<f64>,
    }
}
