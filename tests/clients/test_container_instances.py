"""The life of container instances: registered, described, listed, deregistered; and where their agents open streams."""

import json
import urllib.parse

from agent import CAPABILITIES, Agent


def test_registered_instance_echoes_what_the_agent_sent(ecs, cluster):
    rack = {"name": "rack", "value": "r1"}
    agent = Agent(ecs, cluster).register(cpu=2048, memory=3000, udp=[53], attributes=[rack, {"name": "bare"}])
    found = agent.describe()
    assert agent.instance.startswith(f"arn:aws:ecs:us-east-1:000000000000:container-instance/{cluster}/")
    attributes = {attribute["name"]: attribute.get("value") for attribute in found["attributes"]}
    assert attributes["rack"] == "r1" and attributes["bare"] is None
    assert set(CAPABILITIES) <= set(attributes)
    assert attributes["ecs.availability-zone"] == "us-east-1a"
    assert (found["status"], found["agentConnected"], found["version"]) == ("ACTIVE", True, 1)
    assert (found["runningTasksCount"], found["pendingTasksCount"]) == (0, 0)
    resources = {resource["name"]: resource for resource in found["registeredResources"]}
    assert resources["CPU"]["integerValue"] == 2048 and resources["CPU"]["type"] == "INTEGER"
    assert resources["MEMORY"]["integerValue"] == 3000
    assert resources["PORTS"]["stringSetValue"] == ["22", "2375"] and resources["PORTS"]["type"] == "STRINGSET"
    assert resources["PORTS_UDP"]["stringSetValue"] == ["53"]
    assert found["remainingResources"] == found["registeredResources"]


def test_identity_document_gives_the_machines_id(ecs, cluster):
    document = json.dumps({"instanceId": "i-0123456789abcdef0", "region": "us-east-1"})
    named = Agent(ecs, cluster).register(instanceIdentityDocument=document, instanceIdentityDocumentSignature="x")
    unnamed = Agent(ecs, cluster).register(instanceIdentityDocument="no document")
    assert named.describe()["ec2InstanceId"] == "i-0123456789abcdef0"
    assert unnamed.describe()["ec2InstanceId"].startswith("mi-")


def test_versions_and_tags_are_described_when_asked_for(ecs, cluster):
    versions = {"agentVersion": "1.105.1", "agentHash": "8dfceca", "dockerVersion": "DockerVersion: 28.0"}
    agent = Agent(ecs, cluster).register(versionInfo=versions, tags=[{"key": "rack", "value": "r1"}])
    assert agent.describe()["versionInfo"] == versions and agent.describe()["tags"] == []
    asked = ecs.describe_container_instances(
        cluster=cluster, containerInstances=[agent.instance], include=["TAGS", "CONTAINER_INSTANCE_HEALTH"]
    )["containerInstances"][0]
    assert asked["tags"] == [{"key": "rack", "value": "r1"}]
    assert asked["healthStatus"]["overallStatus"] == "INSUFFICIENT_DATA"


def test_agent_that_comes_back_keeps_its_instance_and_custom_attributes(ecs, cluster):
    agent = Agent(ecs, cluster).register(attributes=[{"name": "rack", "value": "r1"}])
    first = agent.instance
    agent.register(containerInstanceArn=first, versionInfo={"agentVersion": "2.0.0"})
    found = agent.describe()
    assert agent.instance == first and found["version"] == 2
    assert {"name": "rack", "value": "r1"} in found["attributes"]
    assert found["versionInfo"]["agentVersion"] == "2.0.0"


def test_machine_that_changed_its_size_is_refused(ecs, cluster, refused):
    agent = Agent(ecs, cluster).register(cpu=1024)
    code, text = refused(agent.register, cpu=2048, containerInstanceArn=agent.instance)
    # The official agent ends for good when it reads this sentence.
    assert code == "ClientException" and "Container instance type changes are not supported." in text


def test_registering_in_no_cluster_tells_the_agent_to_make_it(ecs, name, refused):
    assert refused(Agent(ecs, name).register) == ("ClusterNotFoundException", "Cluster not found.")


def test_instance_is_found_by_arn_and_by_id_and_reported_missing(ecs, agent):
    id = agent.instance.rsplit("/", 1)[1]
    absent = "0" * 32
    answer = ecs.describe_container_instances(cluster=agent.cluster, containerInstances=[agent.instance, id, absent])
    assert [found["containerInstanceArn"] for found in answer["containerInstances"]] == [agent.instance] * 2
    assert answer["failures"] == [{"arn": agent.instance.replace(id, absent), "reason": "MISSING"}]


def test_instance_of_another_cluster_is_missing_here(ecs, agent, refused):
    other = agent.cluster + "-other"
    ecs.create_cluster(clusterName=other)
    id = agent.instance.rsplit("/", 1)[1]
    answer = ecs.describe_container_instances(cluster=other, containerInstances=[id])
    assert answer["containerInstances"] == [] and answer["failures"][0]["reason"] == "MISSING"
    code, _ = refused(ecs.describe_container_instances, cluster=other, containerInstances=[agent.instance])
    assert code == "InvalidParameterException"


def test_instances_are_listed_by_status_and_by_query(ecs, cluster):
    small = Agent(ecs, cluster).register(attributes=[{"name": "size", "value": "small"}]).instance
    large = Agent(ecs, cluster).register(attributes=[{"name": "size", "value": "large"}]).instance

    def listed(**filters):
        return sorted(ecs.list_container_instances(cluster=cluster, **filters)["containerInstanceArns"])

    assert listed() == sorted([small, large]) == listed(status="ACTIVE")
    assert listed(status="DRAINING") == []
    assert listed(filter="attribute:size == small") == [small]
    assert listed(filter="attribute:size in [small, large] and agentConnected == true") == sorted([small, large])
    assert listed(filter="not(attribute:size == small)") == [large]


def test_invalid_query_is_refused(ecs, cluster, refused):
    code, text = refused(ecs.list_container_instances, cluster=cluster, filter="attribute:size ==")
    assert code == "InvalidParameterException" and "filter" in text


def test_deregistered_instance_is_described_as_inactive_and_not_listed(ecs, agent):
    gone = ecs.deregister_container_instance(cluster=agent.cluster, containerInstance=agent.instance)
    assert gone["containerInstance"]["status"] == "INACTIVE"
    assert agent.describe()["status"] == "INACTIVE" and agent.describe()["agentConnected"] is False
    assert ecs.list_container_instances(cluster=agent.cluster)["containerInstanceArns"] == []


def test_instance_with_tasks_goes_only_by_force(ecs, agent, family, refused):
    run = ecs.run_task(cluster=agent.cluster, taskDefinition=family, count=3)
    tasks = [task["taskArn"] for task in run["tasks"]]
    agent.runs(tasks[0])
    where = {"cluster": agent.cluster, "containerInstance": agent.instance}
    assert refused(ecs.deregister_container_instance, **where) == (
        "InvalidParameterException",
        "Found running tasks on the instance.",
    )
    gone = ecs.deregister_container_instance(**where, force=True)["containerInstance"]
    assert gone["status"] == "INACTIVE"
    assert gone["remainingResources"] == gone["registeredResources"]
    left = ecs.describe_tasks(cluster=agent.cluster, tasks=tasks)["tasks"]
    assert {task["lastStatus"] for task in left} == {"STOPPED"}
    assert all(task["stoppedReason"] for task in left)


def test_inactive_instance_does_not_come_back(ecs, agent, refused):
    ecs.deregister_container_instance(cluster=agent.cluster, containerInstance=agent.instance)
    code, _ = refused(agent.register, containerInstanceArn=agent.instance)
    assert code == "ClientException"


def test_agent_is_told_where_to_open_its_streams(ecs, agent, berth):
    answer = ecs.discover_poll_endpoint(cluster=agent.cluster, containerInstance=agent.instance)
    for endpoint in [answer["endpoint"], answer["telemetryEndpoint"]]:
        told = urllib.parse.urlsplit(endpoint)
        assert (told.scheme, told.netloc) == ("http", berth.address)


def test_agent_is_told_the_address_that_it_called(berth, agent):
    port = berth.address.rpartition(":")[2]
    there = berth.client("ecs", endpoint_url=f"http://localhost:{port}")
    answer = there.discover_poll_endpoint(cluster=agent.cluster, containerInstance=agent.instance)
    for endpoint in [answer["endpoint"], answer["telemetryEndpoint"]]:
        assert urllib.parse.urlsplit(endpoint).netloc == f"localhost:{port}"
