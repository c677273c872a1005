"""UpdateCluster, UpdateClusterSettings, PutClusterCapacityProviders."""

import pytest

INSIGHTS = "containerInsights"
INCLUDE = ["TAGS", "SETTINGS", "CONFIGURATIONS", "STATISTICS", "ATTACHMENTS"]
KEY = "arn:aws:kms:us-east-1:000000000000:key/1"


def described(ecs, cluster):
    return ecs.describe_clusters(clusters=[cluster], include=INCLUDE)["clusters"][0]


def insights(value):
    return [{"name": INSIGHTS, "value": value}]


def test_update_changes_what_is_said_and_keeps_the_rest(ecs, name):
    storage = {"managedStorageConfiguration": {"fargateEphemeralStorageKmsKeyId": KEY}}
    ecs.create_cluster(clusterName=name, tags=[{"key": "team", "value": "blue"}], configuration=storage)
    changed = ecs.update_cluster(cluster=name, settings=insights("enhanced"))["cluster"]
    assert changed["settings"] == insights("enhanced")
    assert changed["configuration"] == storage and changed["tags"] == [{"key": "team", "value": "blue"}]
    logging = {"executeCommandConfiguration": {"logging": "NONE"}}
    ecs.update_cluster(cluster=changed["clusterArn"], configuration=logging)
    now = described(ecs, name)
    assert now["configuration"] == logging, "a configuration is replaced as a whole"
    assert now["settings"] == insights("enhanced")


def test_update_of_nothing_answers_the_cluster(ecs, cluster):
    before = described(ecs, cluster)
    assert ecs.update_cluster(cluster=cluster)["cluster"]["clusterName"] == cluster
    assert described(ecs, cluster) == before


def test_empty_namespace_takes_the_service_connect_default_away(ecs, cluster):
    changed = ecs.update_cluster(cluster=cluster, serviceConnectDefaults={"namespace": "shop"})["cluster"]
    assert changed["serviceConnectDefaults"] == {"namespace": "shop"}
    assert "serviceConnectDefaults" not in ecs.update_cluster(cluster=cluster, serviceConnectDefaults={"namespace": ""})["cluster"]
    assert "serviceConnectDefaults" not in described(ecs, cluster)


def test_settings_are_updated_on_their_own(ecs, cluster):
    changed = ecs.update_cluster_settings(cluster=cluster, settings=insights("enabled"))["cluster"]
    assert changed["settings"] == insights("enabled") == described(ecs, cluster)["settings"]


def test_capacity_providers_and_strategy_are_put_as_a_whole(ecs, cluster):
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 4, "base": 1}, {"capacityProvider": "FARGATE", "weight": 1}]
    changed = ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=strategy
    )["cluster"]
    assert changed["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"] and changed["status"] == "ACTIVE"
    shown = [{**item, "base": item.get("base", 0)} for item in strategy]
    assert changed["defaultCapacityProviderStrategy"] == shown
    ecs.put_cluster_capacity_providers(
        cluster=cluster,
        capacityProviders=["arn:aws:ecs:us-east-1:000000000000:capacity-provider/FARGATE"],
        defaultCapacityProviderStrategy=[],
    )
    now = described(ecs, cluster)
    assert now["capacityProviders"] == ["FARGATE"] and now["defaultCapacityProviderStrategy"] == []
    ecs.put_cluster_capacity_providers(cluster=cluster, capacityProviders=[], defaultCapacityProviderStrategy=[])
    assert described(ecs, cluster)["capacityProviders"] == []


REFUSALS = [
    ("update_cluster", {"settings": insights("much")}, "containerInsights must be enabled, enhanced or disabled"),
    ("update_cluster", {"settings": insights("enabled") * 2}, "Duplicate cluster settings"),
    (
        "update_cluster",
        {"configuration": {"executeCommandConfiguration": {"logging": "OVERRIDE"}}},
        "A logConfiguration must be specified",
    ),
    ("update_cluster", {"configuration": {"executeCommandConfiguration": {"logging": "LOUD"}}}, "logging"),
    ("update_cluster", {"serviceConnectDefaults": {"namespace": "a/b"}}, "Invalid namespace"),
    ("update_cluster_settings", {"settings": []}, "cannot be empty"),
    ("update_cluster_settings", {"settings": insights("on")}, "containerInsights must be enabled"),
    ("update_cluster_settings", {"settings": [{"name": "other", "value": "enabled"}]}, "settings.1.member.name"),
    ("put_cluster_capacity_providers", {"capacityProviders": ["mine"], "defaultCapacityProviderStrategy": []}, "'mine' was not found"),
    (
        "put_cluster_capacity_providers",
        {"capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
        "not associated with the cluster",
    ),
    (
        "put_cluster_capacity_providers",
        {"capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 0}]},
        "weight greater than zero",
    ),
    ("put_cluster_capacity_providers", {"capacityProviders": ["FARGATE"]}, "defaultCapacityProviderStrategy"),
]


@pytest.mark.parametrize("operation, parameters, text", REFUSALS, ids=range(len(REFUSALS)))
def test_refusal_has_its_code_and_text_and_changes_nothing(ecs, unchecked, cluster, refused, operation, parameters, text):
    before = described(ecs, cluster)
    code, said = refused(getattr(unchecked, operation), cluster=cluster, **parameters)
    assert code == "InvalidParameterException" and text in said, said
    assert described(ecs, cluster) == before


CHANGES = {
    "update_cluster": {},
    "update_cluster_settings": {"settings": insights("enabled")},
    "put_cluster_capacity_providers": {"capacityProviders": [], "defaultCapacityProviderStrategy": []},
}


@pytest.mark.parametrize("operation", CHANGES)
def test_deleted_cluster_is_not_changed(ecs, cluster, refused, operation):
    ecs.delete_cluster(cluster=cluster)
    assert refused(getattr(ecs, operation), cluster=cluster, **CHANGES[operation]) == (
        "ClusterNotFoundException",
        "Cluster not found.",
    )
