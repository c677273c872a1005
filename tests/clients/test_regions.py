"""One endpoint serves every region a client signs for; what is in one is not in another."""

import pytest

from agent import Agent
from conftest import CONTAINER


@pytest.fixture(scope="module")
def east(berth):
    return berth.client("ecs", region="us-east-1")


@pytest.fixture(scope="module")
def west(berth):
    return berth.client("ecs", region="eu-west-1")


def test_arns_carry_the_region_that_was_signed_for(east, west, name):
    for client, region in [(east, "us-east-1"), (west, "eu-west-1")]:
        arn = client.create_cluster(clusterName=name)["cluster"]["clusterArn"]
        assert arn == f"arn:aws:ecs:{region}:000000000000:cluster/{name}"


def test_cluster_of_one_region_is_not_in_another(east, west, name):
    east.create_cluster(clusterName=name)
    assert west.describe_clusters(clusters=[name])["failures"][0]["reason"] == "MISSING"
    assert all(name not in arn for arn in west.list_clusters()["clusterArns"])


def test_families_and_revisions_are_counted_per_region(east, west, name):
    for client, times in [(east, 2), (west, 1)]:
        for _ in range(times):
            answer = client.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER])
        assert answer["taskDefinition"]["revision"] == times
    east.deregister_task_definition(taskDefinition=f"{name}:1")
    assert west.describe_task_definition(taskDefinition=f"{name}:1")["taskDefinition"]["status"] == "ACTIVE"


def test_tasks_and_instances_stay_in_their_region(east, west, name):
    for client in [east, west]:
        client.create_cluster(clusterName=name)
        client.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER])
    agent = Agent(east, name).register()
    task = east.run_task(cluster=name, taskDefinition=name)["tasks"][0]["taskArn"]
    id = task.rsplit("/", 1)[1]
    assert west.describe_tasks(cluster=name, tasks=[id])["failures"][0]["reason"] == "MISSING"
    assert west.list_tasks(cluster=name)["taskArns"] == []
    assert west.list_container_instances(cluster=name)["containerInstanceArns"] == []
    found = west.describe_container_instances(cluster=name, containerInstances=[agent.instance.rsplit("/", 1)[1]])
    assert found["containerInstances"] == []
    assert agent.describe()["attributes"][-1]["value"] == "us-east-1a"


def test_arn_of_another_region_is_refused(east, west, name, refused):
    east.create_cluster(clusterName=name)
    arn = f"arn:aws:ecs:us-east-1:000000000000:cluster/{name}"
    assert refused(west.list_tasks, cluster=arn) == ("InvalidParameterException", "Invalid Region in ARN")
    assert west.describe_clusters(clusters=[arn])["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_arn_of_another_account_is_refused(east, refused):
    arn = "arn:aws:ecs:us-east-1:123456789012:cluster/default"
    code, text = refused(east.list_tasks, cluster=arn)
    assert code == "InvalidParameterException"
    assert text == "Invalid identifier: Identifier is for account 123456789012. Your accountId is 000000000000"


def test_token_of_a_client_is_its_regions(east, west, name):
    for client in [east, west]:
        client.create_cluster(clusterName=name)
        client.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER])
        Agent(client, name).register()
    call = {"cluster": name, "taskDefinition": name, "clientToken": "once"}
    arns = [client.run_task(**call)["tasks"][0]["taskArn"].split(":")[3] for client in [east, west]]
    assert arns == ["us-east-1", "eu-west-1"]


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-4", "us-gov-west-1", "cn-north-1"])
def test_any_region_that_aws_has_is_served(berth, region):
    assert berth.client("ecs", region=region).list_clusters()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_default_cluster_is_made_in_the_default_region_alone(east, west):
    assert east.describe_clusters()["clusters"][0]["clusterName"] == "default"
    assert west.describe_clusters()["failures"][0]["reason"] == "MISSING"
