//! Records for tests.

use berth_model::{
    CircuitBreaker, Deployment, DeploymentConfiguration, DeploymentController, DeploymentId, Document, Facts, LaunchSet,
    LaunchType, Name, NetworkMode, Region, RevisionId, RevisionStatus, Rollout, Scheduling, Service, ServiceDeploymentId,
    ServiceRevision, ServiceStatus, Source, Tags, TaskDefinition, Timestamp,
};

pub(crate) fn region() -> Region {
    Region::new("us-east-1").unwrap()
}

/// So many minutes after a moment.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + minutes * 60_000)
}

pub(crate) fn service(status: ServiceStatus) -> Service {
    Service {
        region: region(),
        cluster: "default".into(),
        name: "web".into(),
        status,
        scheduling: Scheduling::Replica,
        controller: DeploymentController::Ecs,
        desired_count: 0,
        configuration: DeploymentConfiguration {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: CircuitBreaker::default(),
            alarms: None,
            strategy: None,
            bake_minutes: None,
            hooks: Vec::new(),
            drain: None,
        },
        deployments: Vec::new(),
        constraints: Vec::new(),
        strategies: Vec::new(),
        grace_seconds: None,
        zone_rebalancing: None,
        role: None,
        tags: Tags::default(),
        propagate_tags: None,
        managed_tags: false,
        enable_execute_command: false,
        created_at: at(0),
        created_by: "".into(),
        updated_at: at(0),
        next_event: 150,
        notices: Vec::new(),
        version: 1,
        client_token: None,
        pull_ahead: false,
    }
}

pub(crate) fn revision(number: u64) -> ServiceRevision {
    ServiceRevision {
        region: region(),
        cluster: "default".into(),
        service: "web".into(),
        id: RevisionId::new(number),
        family: "web".into(),
        definition: 1,
        source: Source { launch: LaunchType::Ec2, strategy: Vec::new(), platform_version: None, platform_family: None },
        network: None,
        rest: None,
        ephemeral_storage_gib: None,
        images: Vec::new(),
        created_at: at(0),
    }
}

/// What a service has of the deployment of the revision of a number.
pub(crate) fn deployment(number: u64, record: ServiceDeploymentId, rollout: Rollout) -> Deployment {
    Deployment {
        id: DeploymentId::new(number),
        record,
        revision: RevisionId::new(number),
        family: "web".into(),
        definition: 1,
        rollout,
        reason: "".into(),
        created_at: at(0),
        updated_at: at(0),
        failed_tasks: 0,
        setbacks: 0,
        retry_at: None,
        rolls_back: None,
        digests: Vec::new(),
        consistent: true,
    }
}

pub(crate) fn definition() -> TaskDefinition {
    let facts = Facts {
        containers: Vec::new(),
        cpu: None,
        memory: None,
        network_mode: NetworkMode::Bridge,
        compatibilities: LaunchSet::default(),
        requires_attributes: Vec::new(),
        task_role: None,
        execution_role: None,
        constraints: Vec::new(),
    };
    TaskDefinition {
        region: region(),
        family: Name::new("web"),
        revision: 1,
        status: RevisionStatus::Active,
        facts: facts.into(),
        document: Document::new("{}"),
        registered_at: at(0),
        registered_by: "arn:aws:iam::000000000000:root".into(),
        tags: Tags::default(),
    }
}
