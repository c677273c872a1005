"""CreateCluster, DescribeClusters, ListClusters, DeleteCluster."""

import pytest

from agent import Agent

ARN = "arn:aws:ecs:us-east-1:000000000000:cluster/"


def described(ecs, cluster, *include):
    return ecs.describe_clusters(clusters=[cluster], include=list(include))["clusters"][0]


def test_new_cluster_is_active_and_empty(ecs, name):
    cluster = ecs.create_cluster(clusterName=name)["cluster"]
    assert cluster["clusterArn"] == ARN + name
    assert cluster["clusterName"] == name
    assert cluster["status"] == "ACTIVE"
    counts = ["registeredContainerInstancesCount", "runningTasksCount", "pendingTasksCount", "activeServicesCount"]
    assert [cluster[count] for count in counts] == [0, 0, 0, 0]
    assert cluster["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    assert cluster["capacityProviders"] == [] and cluster["defaultCapacityProviderStrategy"] == []
    assert described(ecs, name)["clusterArn"] == cluster["clusterArn"]


def test_cluster_default_is_there_from_the_start(ecs):
    answer = ecs.describe_clusters()
    assert [cluster["clusterName"] for cluster in answer["clusters"]] == ["default"]
    assert answer["clusters"][0]["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_creating_a_cluster_again_answers_the_one_that_is_there(ecs, name):
    first = ecs.create_cluster(clusterName=name, tags=[{"key": "team", "value": "blue"}])["cluster"]
    assert ecs.create_cluster(clusterName=name)["cluster"] == first
    assert first["tags"] == [{"key": "team", "value": "blue"}]


def test_creating_a_cluster_again_with_other_arguments_is_refused(ecs, cluster, refused):
    code, text = refused(ecs.create_cluster, clusterName=cluster, tags=[{"key": "team", "value": "red"}])
    assert code == "InvalidParameterException"
    assert text == "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."


def test_description_shows_what_is_asked_for(ecs, name):
    logging = {"executeCommandConfiguration": {"logging": "NONE"}}
    ecs.create_cluster(
        clusterName=name,
        tags=[{"key": "team", "value": "blue"}],
        settings=[{"name": "containerInsights", "value": "enhanced"}],
        configuration=logging,
        serviceConnectDefaults={"namespace": "internal"},
    )
    plain = described(ecs, name)
    assert plain["tags"] == [] and plain["settings"] == [] and plain["statistics"] == []
    assert "configuration" not in plain and plain["serviceConnectDefaults"] == {"namespace": "internal"}
    full = described(ecs, name, "TAGS", "SETTINGS", "STATISTICS", "CONFIGURATIONS", "ATTACHMENTS")
    assert full["tags"] == [{"key": "team", "value": "blue"}]
    assert full["settings"] == [{"name": "containerInsights", "value": "enhanced"}]
    assert full["configuration"] == logging
    assert {"name": "runningEC2TasksCount", "value": "0"} in full["statistics"]


def test_cluster_is_found_by_name_and_by_arn_and_reported_missing(ecs, cluster):
    answer = ecs.describe_clusters(clusters=[cluster, ARN + cluster, "no-such-cluster", ARN + "neither"])
    assert [found["clusterName"] for found in answer["clusters"]] == [cluster, cluster]
    assert answer["failures"] == [
        {"arn": ARN + "no-such-cluster", "reason": "MISSING"},
        {"arn": ARN + "neither", "reason": "MISSING"},
    ]


def test_capacity_providers_and_strategy_are_kept(ecs, name):
    strategy = [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
        {"capacityProvider": "FARGATE_SPOT", "weight": 4, "base": 0},
    ]
    ecs.create_cluster(
        clusterName=name, capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=strategy
    )
    cluster = described(ecs, name)
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert cluster["defaultCapacityProviderStrategy"] == strategy


def test_deleted_cluster_is_inactive_unlisted_and_may_come_back(ecs, cluster):
    assert ecs.delete_cluster(cluster=cluster)["cluster"]["status"] == "INACTIVE"
    assert described(ecs, cluster)["status"] == "INACTIVE"
    assert ARN + cluster not in listed(ecs)
    again = ecs.create_cluster(clusterName=cluster)["cluster"]
    assert again["status"] == "ACTIVE"
    assert ARN + cluster in listed(ecs)


def listed(ecs):
    pages = ecs.get_paginator("list_clusters").paginate()
    return [arn for page in pages for arn in page["clusterArns"]]


def test_cluster_in_use_is_not_deleted(ecs, cluster, refused):
    agent = Agent(ecs, cluster).register()
    assert refused(ecs.delete_cluster, cluster=cluster) == (
        "ClusterContainsContainerInstancesException",
        "The Cluster cannot be deleted while Container Instances are active or draining.",
    )
    assert described(ecs, cluster)["registeredContainerInstancesCount"] == 1
    ecs.deregister_container_instance(cluster=cluster, containerInstance=agent.instance)
    assert ecs.delete_cluster(cluster=ARN + cluster)["cluster"]["status"] == "INACTIVE"


def test_counts_follow_tasks(ecs, agent, family):
    cluster = agent.cluster
    task = ecs.run_task(cluster=cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    assert (described(ecs, cluster)["pendingTasksCount"], described(ecs, cluster)["runningTasksCount"]) == (1, 0)
    agent.runs(task)
    now = described(ecs, cluster, "STATISTICS")
    assert (now["pendingTasksCount"], now["runningTasksCount"]) == (0, 1)
    assert {"name": "runningEC2TasksCount", "value": "1"} in now["statistics"]
    agent.stops(task)
    assert (described(ecs, cluster)["pendingTasksCount"], described(ecs, cluster)["runningTasksCount"]) == (0, 0)


@pytest.mark.parametrize("bad", ["", "with space", "a" * 256, "slash/es", "ünicode"])
def test_invalid_names_are_refused(ecs, refused, bad):
    code, text = refused(ecs.create_cluster, clusterName=bad)
    assert code == "InvalidParameterException" and "Cluster must match" in text
