//! Every record comes back from CBOR as it was.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::*;

fn name() -> impl Strategy<Value = Name> {
    "[a-z0-9:/-]{0,12}".prop_map(Name::from)
}

fn text() -> impl Strategy<Value = Box<str>> {
    ".{0,12}".prop_map(String::into_boxed_str)
}

fn at() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn region() -> impl Strategy<Value = Region> {
    (0..3).prop_map(|n| Region::new(&format!("region-{n}")).unwrap())
}

fn document() -> impl Strategy<Value = Document> {
    ".{0,20}".prop_map(Document::new)
}

fn tags() -> impl Strategy<Value = Tags> {
    vec(("[a-z]{1,3}", ".{0,5}"), 0..4).prop_map(|tags| tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect())
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec((name(), of(name())).prop_map(|(name, value)| Attribute { name, value }), 0..3)
}

fn resources() -> impl Strategy<Value = Resources> {
    (any::<[u32; 3]>(), vec(any::<u16>(), 0..4), vec(any::<u16>(), 0..4), vec(name(), 0..3)).prop_map(
        |([cpu, memory, interfaces], tcp, udp, gpus)| Resources {
            cpu,
            memory,
            ports_tcp: tcp.into_iter().collect(),
            ports_udp: udp.into_iter().collect(),
            gpus: gpus.into_iter().collect(),
            interfaces,
        },
    )
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp)]
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![
        Just(Life::Provisioning),
        Just(Life::Pending),
        Just(Life::Activating),
        at().prop_map(|started_at| Life::Running { started_at }),
        of(at()).prop_map(|started_at| Life::Deactivating { started_at }),
        of(at()).prop_map(|started_at| Life::Stopping { started_at }),
        of(at()).prop_map(|started_at| Life::Deprovisioning { started_at }),
        (of(at()), at()).prop_map(|(started_at, stopped_at)| Life::Stopped { started_at, stopped_at }),
    ]
}

fn desired() -> impl Strategy<Value = Desired> {
    prop_oneof![
        Just(Desired::Running),
        (text(), at()).prop_map(|(reason, stopping_at)| Desired::Stopped(Box::new(Stop {
            code: StopCode::UserInitiated,
            reason,
            stopping_at
        }))),
    ]
}

fn span() -> impl Strategy<Value = PortSpan> {
    prop_oneof![any::<u16>().prop_map(PortSpan::Port), any::<(u16, u16)>().prop_map(|(first, last)| PortSpan::Range(first, last))]
}

fn binding() -> impl Strategy<Value = NetworkBinding> {
    (name(), span(), span(), protocol()).prop_map(|(bind_ip, container, host, protocol)| NetworkBinding {
        bind_ip,
        container,
        host,
        protocol,
    })
}

fn container() -> impl Strategy<Value = Container> {
    (any::<[u8; 16]>(), of(any::<i32>()), of(text()), of(text()), of(name()), vec(binding(), 0..3)).prop_map(
        |(id, exit_code, reason, runtime_id, image_digest, bindings)| Container {
            id: ContainerId::from_bytes(id),
            known: ContainerLife::Running,
            exit_code,
            reason,
            runtime_id,
            image_digest,
            bindings: bindings.into(),
            health: Health::Unhealthy,
        },
    )
}

fn attachment() -> impl Strategy<Value = Attachment> {
    let ids = any::<([u8; 16], [u8; 16], [u8; 16], [u8; 16])>();
    (ids, any::<std::net::Ipv4Addr>(), any::<bool>()).prop_map(|((id, interface, subnet, group), address, public)| Attachment {
        id: AttachmentId::from_bytes(id),
        status: AttachmentStatus::Attaching,
        what: Attached::Interface(NetworkInterface {
            id: InterfaceId::from_bytes(interface),
            subnet: SubnetId::from_bytes(subnet),
            address,
            groups: [SecurityGroupId::from_bytes(group)].into_iter().collect(),
            public,
        }),
    })
}

fn net() -> impl Strategy<Value = ipnet::Ipv4Net> {
    (any::<std::net::Ipv4Addr>(), 0_u8..=32).prop_map(|(address, length)| ipnet::Ipv4Net::new(address, length).unwrap().trunc())
}

fn task() -> impl Strategy<Value = Task> {
    let identity = (region(), any::<[u8; 16]>(), name(), name(), any::<u32>(), vec(container(), 0..3));
    let origin = (of(document()), of(name()), of(name()), name(), of(name()), of(any::<[u8; 16]>()), of(name()));
    let state = (life(), desired(), resources(), any::<u64>(), at(), of(at()), of((any::<bool>(), at())));
    let rest = (any::<bool>(), tags(), of(text()), vec(attachment(), 0..2), of(any::<u32>()));
    (identity, origin, state, rest).prop_map(|(identity, origin, state, rest)| {
        let (region, id, cluster, family, revision, containers) = identity;
        let (overrides, capacity_provider, platform_version, group, started_by, instance, zone) = origin;
        let (life, desired, reservation, version, created_at, pulled_at, connectivity) = state;
        let (enable_execute_command, tags, client_token, attachments, size) = rest;
        Task {
            region,
            id: TaskId::from_bytes(id),
            cluster,
            family,
            revision,
            containers: containers.into(),
            overrides,
            launch: LaunchType::External,
            capacity_provider,
            platform_version,
            group,
            started_by,
            instance: instance.map(InstanceId::from_bytes),
            zone,
            life,
            desired,
            reservation,
            version,
            times: TaskTimes { created_at, pull_started_at: pulled_at, pull_stopped_at: pulled_at, execution_stopped_at: None },
            connectivity: connectivity.map(|(connected, at)| Connectivity { connected, at }),
            enable_execute_command,
            tags,
            client_token,
            attachments: attachments.into_iter().collect(),
            ephemeral_storage_gib: size,
            override_cpu: size,
            override_memory: None,
            protected_until: size.map(|size| Timestamp::from_millis(i64::from(size))),
            settled: enable_execute_command,
        }
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let port = (of(any::<u16>()), of(any::<u16>()), of(any::<(u16, u16)>()), protocol()).prop_map(
        |(container_port, host_port, container_port_range, protocol)| PortMapping {
            container_port,
            host_port,
            container_port_range,
            protocol,
        },
    );
    let container = (name(), name(), any::<bool>(), any::<u32>(), of(any::<u32>()), vec(port, 0..3)).prop_map(
        |(name, image, essential, cpu, memory, ports)| ContainerFacts {
            depends_on: vec![Dependency { container: name.clone(), condition: Condition::Healthy }],
            name,
            image,
            essential,
            cpu,
            memory,
            memory_reservation: memory,
            ports,
            gpus: cpu,
            health_checked: essential,
        },
    );
    (vec(container, 0..3), of(any::<u32>()), attributes(), of(text())).prop_map(
        |(containers, size, requires_attributes, role)| Facts {
            containers,
            cpu: size,
            memory: size,
            network_mode: NetworkMode::Awsvpc,
            compatibilities: [LaunchType::Ec2, LaunchType::Fargate].into_iter().collect(),
            requires_attributes,
            constraints: vec![Constraint { kind: ConstraintKind::MemberOf, expression: role.clone() }],
            task_role: role.clone(),
            execution_role: role,
        },
    )
}

fn task_definition() -> impl Strategy<Value = TaskDefinition> {
    let status = prop_oneof![
        Just(RevisionStatus::Active),
        at().prop_map(|deregistered_at| RevisionStatus::Inactive { deregistered_at }),
        at().prop_map(|at| RevisionStatus::DeleteInProgress { deregistered_at: at, requested_at: at }),
    ];
    (region(), name(), any::<u32>(), status, facts(), document(), at(), text(), tags()).prop_map(
        |(region, family, revision, status, facts, document, registered_at, registered_by, tags)| TaskDefinition {
            region,
            family,
            revision,
            status,
            facts: Arc::new(facts),
            document,
            registered_at,
            registered_by,
            tags,
        },
    )
}

fn instance() -> impl Strategy<Value = ContainerInstance> {
    let status = prop_oneof![
        Just(InstanceStatus::Active),
        Just(InstanceStatus::Draining),
        at().prop_map(|at| InstanceStatus::Inactive { at }),
    ];
    let identity = (region(), any::<[u8; 16]>(), name(), of(name()), status, of(text()));
    (identity, any::<u64>(), of(name()), resources(), resources(), attributes(), tags(), at()).prop_map(
        |(identity, version, agent, registered, used, attributes, tags, registered_at)| {
            let (region, id, cluster, ec2_instance_id, status, status_reason) = identity;
            ContainerInstance {
                region,
                id: InstanceId::from_bytes(id),
                cluster: cluster.clone(),
                ec2_instance_id,
                status,
                client_token: status_reason.clone(),
                status_reason,
                version,
                agent_connected: agent.is_some(),
                agent_version: agent.clone(),
                agent_hash: agent.clone(),
                docker_version: agent.clone(),
                registered,
                used,
                attributes,
                capacity_provider: agent,
                tags,
                registered_at,
                owner: cluster.clone(),
                health: vec![HealthCheck {
                    kind: cluster.clone(),
                    status: cluster,
                    last_updated: registered_at,
                    last_change: registered_at,
                }],
                first_stream_at: Some(registered_at),
            }
        },
    )
}

fn cluster() -> impl Strategy<Value = Cluster> {
    (region(), name(), vec((name(), text()), 0..3), of(document()), vec(name(), 0..3), of(text()), tags(), of(at())).prop_map(
        |(region, name, settings, configuration, capacity_providers, namespace, tags, inactive_at)| Cluster {
            region,
            default_strategy: vec![StrategyItem { provider: name.clone(), weight: 1, base: 0 }],
            name,
            status: if inactive_at.is_some() { ClusterStatus::Inactive } else { ClusterStatus::Active },
            settings,
            configuration,
            capacity_providers,
            service_connect_namespace: namespace,
            tags,
            created_at: Timestamp::EPOCH,
            inactive_at,
        },
    )
}

fn client_token() -> impl Strategy<Value = ClientToken> {
    (region(), name(), text(), any::<[u8; 32]>(), vec(any::<[u8; 16]>(), 0..3), at()).prop_map(
        |(region, name, token, request_hash, results, expires_at)| ClientToken {
            region,
            operation: name.clone(),
            cluster: name,
            token,
            request_hash,
            results,
            expires_at,
        },
    )
}

fn log_group() -> impl Strategy<Value = LogGroup> {
    (region(), name(), any::<[u8; 16]>(), of(any::<u32>()), any::<bool>(), tags(), at()).prop_map(
        |(region, name, id, retention_in_days, deletion_protection, tags, created_at)| LogGroup {
            region,
            name,
            id: LogGroupId::from_bytes(id),
            class: if deletion_protection { LogGroupClass::InfrequentAccess } else { LogGroupClass::Standard },
            retention_in_days,
            deletion_protection,
            tags,
            created_at,
        },
    )
}

fn vpc() -> impl Strategy<Value = Vpc> {
    (region(), any::<[u8; 16]>(), net(), any::<bool>(), any::<[u8; 16]>()).prop_map(|(region, id, cidr, is_default, group)| Vpc {
        region,
        id: VpcId::from_bytes(id),
        cidr,
        is_default,
        default_group: SecurityGroupId::from_bytes(group),
    })
}

fn subnet() -> impl Strategy<Value = Subnet> {
    (region(), any::<[u8; 16]>(), any::<[u8; 16]>(), name(), net()).prop_map(|(region, id, vpc, zone, cidr)| Subnet {
        region,
        id: SubnetId::from_bytes(id),
        vpc: VpcId::from_bytes(vpc),
        zone,
        cidr,
    })
}

fn security_group() -> impl Strategy<Value = SecurityGroup> {
    (region(), any::<[u8; 16]>(), any::<[u8; 16]>(), name()).prop_map(|(region, id, vpc, name)| SecurityGroup {
        region,
        id: SecurityGroupId::from_bytes(id),
        vpc: VpcId::from_bytes(vpc),
        name,
    })
}

fn account_settings() -> impl Strategy<Value = AccountSettings> {
    (region(), text(), vec((name(), text()), 0..3)).prop_map(|(region, principal, values)| AccountSettings {
        region,
        principal,
        values,
    })
}

fn metric_filter() -> impl Strategy<Value = MetricFilter> {
    (region(), name(), name(), name(), name(), document()).prop_map(
        |(region, group, name, metric_namespace, metric_name, document)| MetricFilter {
            region,
            group,
            name,
            metric_namespace,
            metric_name,
            document,
        },
    )
}

fn log_resource_policy() -> impl Strategy<Value = LogResourcePolicy> {
    (region(), name(), name(), document()).prop_map(|(region, resource, name, document)| LogResourcePolicy {
        region,
        resource,
        name,
        document,
    })
}

fn query_definition() -> impl Strategy<Value = QueryDefinition> {
    (region(), name(), name(), document()).prop_map(|(region, id, name, document)| QueryDefinition { region, id, name, document })
}

fn configuration() -> impl Strategy<Value = DeploymentConfiguration> {
    (any::<[u32; 2]>(), any::<(bool, bool)>(), of(document()), of(name()), of(any::<u32>())).prop_map(
        |([minimum, maximum], (enable, rollback), document, strategy, bake_minutes)| DeploymentConfiguration {
            minimum_healthy_percent: minimum,
            maximum_percent: maximum,
            circuit_breaker: CircuitBreaker { enable, rollback },
            alarms: document,
            strategy,
            bake_minutes,
            hooks: vec![PauseHook {
                stages: vec![LifecycleStage::PreScaleUp, LifecycleStage::PostScaleUp],
                timeout_minutes: bake_minutes,
                timeout_action: enable.then_some(HookAction::Continue),
            }],
            drain: bake_minutes,
        },
    )
}

fn images() -> impl Strategy<Value = Vec<ResolvedImage>> {
    vec((name(), name()).prop_map(|(container, digest)| ResolvedImage { container, digest }), 0..3)
}

fn deployment_id() -> impl Strategy<Value = DeploymentId> {
    any::<[u8; 16]>().prop_map(DeploymentId::from_bytes)
}

fn revision_id() -> impl Strategy<Value = RevisionId> {
    any::<[u8; 16]>().prop_map(RevisionId::from_bytes)
}

fn deployment() -> impl Strategy<Value = Deployment> {
    (deployment_id(), any::<[u8; 16]>(), revision_id(), name(), any::<[u32; 3]>(), at(), of(at()), images(), any::<bool>())
        .prop_map(|(id, record, revision, family, [definition, failed_tasks, setbacks], at, retry_at, digests, consistent)| {
            Deployment {
                id,
                record: ServiceDeploymentId::from_bytes(record),
                revision,
                family,
                definition,
                rollout: if consistent { Rollout::Completed } else { Rollout::Failed },
                reason: "x".into(),
                created_at: at,
                updated_at: at,
                failed_tasks,
                setbacks,
                retry_at,
                rolls_back: retry_at.map(|_| id),
                digests,
                consistent,
            }
        })
}

fn service() -> impl Strategy<Value = Service> {
    let status = prop_oneof![Just(ServiceStatus::Active), at().prop_map(|at| ServiceStatus::Inactive { at })];
    let identity = (region(), name(), name(), status, any::<bool>());
    let wishes = (configuration(), vec(deployment(), 0..3), of(any::<u32>()), of(any::<bool>()), of(text()), tags());
    (identity, wishes, any::<u64>(), at(), text()).prop_map(|(identity, wishes, version, at, said)| {
        let (region, cluster, name, status, daemon) = identity;
        let (configuration, deployments, grace_seconds, zone_rebalancing, role, tags) = wishes;
        Service {
            region,
            cluster,
            strategies: vec![PlacementStrategy { kind: name.clone(), field: Some(name.clone()) }],
            name,
            status,
            scheduling: match (daemon, version % 2) {
                (true, 0) => Scheduling::Managed,
                (true, _) => Scheduling::Daemon,
                (false, _) => Scheduling::Replica,
            },
            controller: if daemon { DeploymentController::Ecs } else { DeploymentController::External },
            desired_count: grace_seconds.unwrap_or(1),
            configuration,
            deployments,
            constraints: vec![Constraint { kind: ConstraintKind::DistinctInstance, expression: role.clone() }],
            grace_seconds,
            zone_rebalancing,
            role: role.clone(),
            tags,
            propagate_tags: daemon.then_some(TagSource::Service),
            managed_tags: daemon,
            enable_execute_command: daemon,
            created_at: at,
            created_by: said.clone(),
            updated_at: at,
            next_event: version,
            notices: vec![Notice { matter: Matter::Zones, message: said, at }],
            version,
            client_token: role,
            pull_ahead: daemon,
        }
    })
}

fn service_event() -> impl Strategy<Value = ServiceEvent> {
    (region(), name(), any::<u64>(), any::<[u8; 16]>(), at(), text()).prop_map(|(region, name, number, id, at, message)| {
        ServiceEvent { region, cluster: name.clone(), service: name, number, id, at, message }
    })
}

fn service_revision() -> impl Strategy<Value = ServiceRevision> {
    let network = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<bool>()).prop_map(|(subnet, group, public)| ServiceNetwork {
        subnets: vec![SubnetId::from_bytes(subnet)],
        groups: vec![SecurityGroupId::from_bytes(group)],
        public,
    });
    (region(), name(), revision_id(), any::<u32>(), of(network), of(document()), of(any::<u32>()), images(), at()).prop_map(
        |(region, name, id, definition, network, rest, ephemeral_storage_gib, images, created_at)| ServiceRevision {
            region,
            cluster: name.clone(),
            service: name.clone(),
            id,
            family: name.clone(),
            definition,
            source: Source {
                launch: LaunchType::Fargate,
                strategy: vec![StrategyItem { provider: name.clone(), weight: definition, base: 1 }],
                platform_version: Some(name),
                platform_family: None,
            },
            network,
            rest,
            ephemeral_storage_gib,
            images,
            created_at,
        },
    )
}

fn service_deployment() -> impl Strategy<Value = ServiceDeployment> {
    let ids = (any::<[u8; 16]>(), deployment_id(), revision_id(), vec(revision_id(), 0..3));
    (region(), name(), ids, of(text()), configuration(), any::<[u32; 3]>(), at(), of(at())).prop_map(
        |(
            region,
            name,
            (id, deployment, target, sources),
            reason,
            configuration,
            [requested, failures, threshold],
            at,
            later,
        )| {
            ServiceDeployment {
                region,
                cluster: name.clone(),
                service: name,
                id: ServiceDeploymentId::from_bytes(id),
                deployment,
                status: ServiceDeploymentStatus::RollbackInProgress,
                rollback: reason.clone().map(|reason| Rollback { reason, started_at: at, revision: target }),
                reason,
                target,
                sources,
                configuration,
                requested,
                created_at: at,
                started_at: later,
                finished_at: later,
                stopped_at: later,
                updated_at: at,
                breaker: BreakerState { monitor: Monitor::Triggered, failures, threshold },
                stage: later.map(|_| LifecycleStage::ReconcileService),
                pauses: vec![Pause {
                    id: HookId::from_bytes(id),
                    stage: LifecycleStage::PostScaleUp,
                    status: PauseStatus::TimedOut,
                    expires_at: at,
                    timeout_action: HookAction::Rollback,
                }],
            }
        },
    )
}

fn task_set() -> impl Strategy<Value = TaskSet> {
    (region(), name(), deployment_id(), of(text()), revision_id(), any::<u32>(), at(), tags()).prop_map(
        |(region, name, id, external_id, revision, scale, at, tags)| TaskSet {
            region,
            cluster: name.clone(),
            service: name,
            id,
            client_token: external_id.clone(),
            external_id,
            status: TaskSetStatus::Draining,
            revision,
            scale,
            setbacks: scale,
            retry_at: Some(at),
            is_steady: scale > 1,
            steady_at: at,
            created_at: at,
            updated_at: at,
            tags,
        },
    )
}

fn capacity_provider() -> impl Strategy<Value = CapacityProvider> {
    (region(), name(), of(name()), document(), of(text()), tags(), at()).prop_map(
        |(region, name, cluster, document, update_reason, tags, created_at)| CapacityProvider {
            region,
            source: if cluster.is_some() {
                ProviderSource::ManagedInstances(document)
            } else {
                ProviderSource::AutoScalingGroup(document)
            },
            update_status: cluster.clone(),
            name,
            cluster,
            status: ProviderStatus::Deprovisioning,
            update_reason,
            tags,
            created_at,
        },
    )
}

macro_rules! come_back {
    ($($test:ident: $record:ident;)*) => {
        proptest! {$(
            #[test]
            fn $test(record in $record()) {
                let bytes = minicbor::to_vec(&record).unwrap();
                let back = minicbor::decode(&bytes).unwrap();
                prop_assert_eq!(record, back);
            }
        )*}
    };
}

come_back! {
    tasks_come_back: task;
    task_definitions_come_back: task_definition;
    container_instances_come_back: instance;
    clusters_come_back: cluster;
    client_tokens_come_back: client_token;
    log_groups_come_back: log_group;
    vpcs_come_back: vpc;
    subnets_come_back: subnet;
    security_groups_come_back: security_group;
    account_settings_come_back: account_settings;
    metric_filters_come_back: metric_filter;
    log_resource_policies_come_back: log_resource_policy;
    query_definitions_come_back: query_definition;
    services_come_back: service;
    service_events_come_back: service_event;
    service_revisions_come_back: service_revision;
    service_deployments_come_back: service_deployment;
    task_sets_come_back: task_set;
    capacity_providers_come_back: capacity_provider;
}
