"""Task networks and Fargate: what RunTask takes, what tasks show, and where addresses go."""

import pytest

from agent import Agent
from conftest import CONTAINER
from deadline import eventually

BERTH = [{"name": "berth.awsvpc", "value": "1"}]
FARGATE = [*BERTH, {"name": "berth.fargate", "value": "true"}]
OTHER = [{"name": "ecs.capability.task-eni"}]
UNKNOWN = "subnet-0ffffffffffffffff"


@pytest.fixture(scope="session")
def network(berth):
    """What `berth env` tells of the network."""
    told = berth.environment()
    return {"subnets": told["BERTH_SUBNETS"].split(","), "group": told["BERTH_SECURITY_GROUP"]}


@pytest.fixture
def definition(ecs, name):
    """A task definition for any launch type, with an interface of its own."""
    container = {key: value for key, value in CONTAINER.items() if key not in ("cpu", "memory")}
    ecs.register_task_definition(
        family=name,
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        requiresCompatibilities=["EC2", "FARGATE"],
        containerDefinitions=[container],
    )
    return name


def within(network, **members):
    """A network configuration of all subnets."""
    return {"awsvpcConfiguration": {"subnets": network["subnets"], **members}}


def details(task):
    (attachment,) = task["attachments"]
    return {detail["name"]: detail["value"] for detail in attachment["details"]}


def test_env_names_three_subnets_and_a_group(network):
    assert len(network["subnets"]) == 3
    assert all(subnet.startswith("subnet-0") and len(subnet) == 24 for subnet in network["subnets"])
    assert network["group"].startswith("sg-0")


def test_network_survives_a_restart_and_another_choice_of_addresses(fresh):
    berth = fresh().start("--vpc-cidr", "10.77.0.0/16")
    first = berth.environment()
    told = (berth.folder / "server" / "network.json").read_text()
    assert '"10.77.16.0/20"' in told
    berth.end()
    berth.start()
    assert berth.environment()["BERTH_SUBNETS"] == first["BERTH_SUBNETS"]
    assert (berth.folder / "server" / "network.json").read_text() == told


def test_block_that_no_vpc_can_have_is_refused(fresh):
    said = fresh().run("up", "--no-agent", "--listen", "127.0.0.1:0", "--vpc-cidr", "10.0.0.0/8", check=False)
    assert said.returncode != 0 and "/16 to /24" in said.stderr


def test_task_shows_its_interface_from_start_to_end(ecs, cluster, definition, network):
    agent = Agent(ecs, cluster).register(attributes=BERTH)
    answer = ecs.run_task(
        cluster=cluster,
        taskDefinition=definition,
        networkConfiguration=within(network, securityGroups=[network["group"]], assignPublicIp="DISABLED"),
    )
    (task,) = answer["tasks"]
    arn = task["taskArn"]

    def described():
        return ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"][0]

    (attachment,) = task["attachments"]
    assert (task["lastStatus"], attachment["type"]) == ("PROVISIONING", "ElasticNetworkInterface")
    assert set(details(task)) == {"subnetId", "networkInterfaceId", "macAddress", "privateDnsName", "privateIPv4Address"}
    assert details(task)["subnetId"] == network["subnets"][0]
    address = details(task)["privateIPv4Address"]
    assert details(task)["privateDnsName"] == f"ip-{address.replace('.', '-')}.ec2.internal"

    agent.runs(arn)
    running = described()
    assert (running["lastStatus"], running["attachments"][0]["status"]) == ("RUNNING", "ATTACHED")
    interfaces = [{"attachmentId": attachment["id"], "privateIpv4Address": address}]
    assert running["containers"][0]["networkInterfaces"] == interfaces
    assert running["connectivity"] == "CONNECTED"

    agent.stops(arn)
    eventually(lambda: described()["lastStatus"] == "STOPPED", "a task that is over")
    over = described()
    assert over["attachments"][0]["status"] == "DELETED"
    assert details(over) == details(task)


def test_agent_that_is_told_of_the_interface_says_that_it_is_there(ecs, cluster, definition, network):
    agent = Agent(ecs, cluster).register(attributes=OTHER)
    (task,) = ecs.run_task(
        cluster=cluster, taskDefinition=definition, networkConfiguration=within(network)
    )["tasks"]
    arn, (attachment,) = task["taskArn"], task["attachments"]
    assert attachment["status"] == "ATTACHING"
    region, account = arn.split(":")[3:5]
    name = f"arn:aws:ecs:{region}:{account}:attachment/{attachment['id']}"
    ecs.submit_attachment_state_changes(cluster=cluster, attachments=[{"attachmentArn": name, "status": "ATTACHED"}])
    (task,) = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
    assert (task["lastStatus"], task["attachments"][0]["status"]) == ("PENDING", "ATTACHED")
    agent.stops(arn)


def test_addresses_of_tasks_differ(ecs, cluster, definition, network):
    Agent(ecs, cluster).register(attributes=BERTH)
    seen = set()
    for _ in range(2):
        answer = ecs.run_task(
            cluster=cluster, taskDefinition=definition, count=8, networkConfiguration=within(network)
        )
        seen |= {details(task)["privateIPv4Address"] for task in answer["tasks"]}
    assert len(seen) == 16


@pytest.mark.parametrize(
    "configuration, text",
    [
        ({"subnets": []}, "subnets can not be empty."),
        ({"subnets": [UNKNOWN] * 17}, "subnets can have at most 16 items."),
        (
            {"subnets": [UNKNOWN]},
            f"Error retrieving subnet information for [{UNKNOWN}]: The subnet ID '{UNKNOWN}' does not exist "
            "(ErrorCode: InvalidSubnetID.NotFound)",
        ),
        ({"securityGroups": ["sg-1"]}, "The security group 'sg-1' does not exist (ErrorCode: InvalidGroup.NotFound)"),
        ({"securityGroups": ["sg-1"] * 6}, "securityGroups can have at most 5 items."),
        ({"assignPublicIp": "ENABLED"}, "Assign public IP is not supported for this launch type."),
    ],
)
def test_networks_that_cannot_be_are_refused(ecs, cluster, definition, network, refused, configuration, text):
    agent = Agent(ecs, cluster).register(attributes=BERTH)
    configuration = {"awsvpcConfiguration": {"subnets": network["subnets"], **configuration}}
    for start in [ecs.run_task, lambda **call: ecs.start_task(containerInstances=[agent.instance], **call)]:
        code, said = refused(
            start, cluster=cluster, taskDefinition=definition, networkConfiguration=configuration
        )
        assert code == "InvalidParameterException" and said.endswith(text)


def test_instance_that_cannot_make_networks_does_not_get_the_task(ecs, agent, definition, network):
    answer = ecs.run_task(
        cluster=agent.cluster, taskDefinition=definition, networkConfiguration=within(network)
    )
    assert answer["tasks"] == []
    assert [failure["reason"] for failure in answer["failures"]] == ["ATTRIBUTE"]


def test_instance_in_another_zone_than_the_subnets_does_not_get_the_task(ecs, cluster, definition, network):
    agent = Agent(ecs, cluster).register(attributes=BERTH)
    configuration = {"awsvpcConfiguration": {"subnets": network["subnets"][1:]}}
    answer = ecs.start_task(
        cluster=cluster,
        taskDefinition=definition,
        containerInstances=[agent.instance],
        networkConfiguration=configuration,
    )
    assert [failure["reason"] for failure in answer["failures"]] == ["LOCATION"]


def test_fargate_task_shows_no_instance(ecs, cluster, definition, network):
    Agent(ecs, cluster).register(attributes=FARGATE)
    task = ecs.run_task(
        cluster=cluster,
        taskDefinition=definition,
        launchType="FARGATE",
        platformVersion="1.4.0",
        networkConfiguration=within(network, assignPublicIp="ENABLED"),
    )["tasks"][0]
    assert (task["launchType"], task["platformVersion"], task["platformFamily"]) == ("FARGATE", "1.4.0", "Linux")
    assert "containerInstanceArn" not in task
    assert (task["cpu"], task["memory"]) == ("256", "512")


def test_provider_that_a_task_uses_stays_with_its_cluster(ecs, cluster, definition, network, refused):
    Agent(ecs, cluster).register(attributes=FARGATE)
    some = {"cluster": cluster, "defaultCapacityProviderStrategy": []}
    ecs.put_cluster_capacity_providers(capacityProviders=["FARGATE", "FARGATE_SPOT"], **some)
    (task,) = ecs.run_task(
        cluster=cluster,
        taskDefinition=definition,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        networkConfiguration=within(network),
    )["tasks"]
    assert task["capacityProviderName"] == "FARGATE_SPOT"
    code, text = refused(ecs.put_cluster_capacity_providers, capacityProviders=["FARGATE"], **some)
    assert code == "ResourceInUseException" and text == "The specified capacity provider is in use and cannot be removed."
    ecs.stop_task(cluster=cluster, task=task["taskArn"])
    ecs.put_cluster_capacity_providers(capacityProviders=["FARGATE"], **some)


def test_node_reports_fargate_tasks_of_other_clusters(ecs, node, name, definition, network):
    # Nodes of other tests have less room than this task needs.
    agent = Agent(node, "default").register(attributes=FARGATE, cpu=16384, memory=122880)
    ecs.create_cluster(clusterName=f"{name}-f")
    (task,) = ecs.run_task(
        cluster=f"{name}-f",
        taskDefinition=definition,
        launchType="FARGATE",
        overrides={"cpu": "16384", "memory": "122880"},
        networkConfiguration=within(network),
    )["tasks"]
    agent.runs(task["taskArn"])
    (running,) = ecs.describe_tasks(cluster=f"{name}-f", tasks=[task["taskArn"]])["tasks"]
    assert running["lastStatus"] == "RUNNING"
    (instance,) = ecs.describe_container_instances(cluster="default", containerInstances=[agent.instance])[
        "containerInstances"
    ]
    assert (instance["runningTasksCount"], instance["pendingTasksCount"]) == (0, 0)
    assert instance["remainingResources"][0]["integerValue"] == 0
    assert ecs.list_tasks(cluster="default", containerInstance=agent.instance)["taskArns"] == []
    agent.stops(task["taskArn"])
    ecs.deregister_container_instance(cluster="default", containerInstance=agent.instance, force=True)


def test_strategy_shares_tasks_among_its_providers(ecs, name, definition, network):
    ecs.create_cluster(clusterName=f"{name}-f", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    Agent(ecs, f"{name}-f").register(attributes=FARGATE)
    strategy = [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 1},
    ]
    answer = ecs.run_task(
        cluster=f"{name}-f",
        taskDefinition=definition,
        count=3,
        capacityProviderStrategy=strategy,
        networkConfiguration=within(network),
    )
    assert answer["failures"] == []
    providers = sorted(task["capacityProviderName"] for task in answer["tasks"])
    assert providers == ["FARGATE", "FARGATE", "FARGATE_SPOT"]
    assert {task["launchType"] for task in answer["tasks"]} == {"FARGATE"}


def test_cluster_with_fargate_tasks_stays(ecs, name, cluster, definition, network, refused):
    Agent(ecs, cluster).register(attributes=FARGATE)
    ecs.create_cluster(clusterName=f"{name}-f")
    (task,) = ecs.run_task(
        cluster=f"{name}-f", taskDefinition=definition, launchType="FARGATE", networkConfiguration=within(network)
    )["tasks"]
    code, _ = refused(ecs.delete_cluster, cluster=f"{name}-f")
    assert code == "ClusterContainsTasksException"
    ecs.stop_task(cluster=f"{name}-f", task=task["taskArn"])


@pytest.mark.parametrize(
    "members, code, text",
    [
        ({"platformVersion": "1.3.0"}, "PlatformUnknownException", "The specified platform does not exist."),
        ({"platformVersion": "1.4"}, "PlatformUnknownException", "The specified platform does not exist."),
        ({"overrides": {"cpu": "300"}}, "ClientException", "No Fargate configuration exists for given values"),
        (
            {"placementStrategy": [{"type": "random"}]},
            "InvalidParameterException",
            "Placement strategies are not supported with FARGATE launch type.",
        ),
        (
            {"placementConstraints": [{"type": "distinctInstance"}]},
            "InvalidParameterException",
            "Placement constraints are not supported with FARGATE launch type.",
        ),
        ({"networkConfiguration": {}}, "InvalidParameterException", "Network Configuration must be provided"),
    ],
)
def test_fargate_checks_what_it_is_told(ecs, cluster, definition, network, refused, members, code, text):
    call = {"networkConfiguration": within(network)} | members
    said = refused(ecs.run_task, cluster=cluster, taskDefinition=definition, launchType="FARGATE", **call)
    assert said[0] == code and said[1].startswith(text)
