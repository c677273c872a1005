"""The AWS CLI, as people use it to look after clusters, instances, tags and account settings."""

import pytest

from test_cli import Cli


@pytest.fixture
def aws(berth, tmp_path):
    return Cli(berth, tmp_path)


def test_cluster_is_changed(aws, cluster):
    changed = aws("ecs", "update-cluster-settings", "--cluster", cluster, "--settings", "name=containerInsights,value=enabled")
    assert changed["cluster"]["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    aws("ecs", "update-cluster", "--cluster", cluster, "--service-connect-defaults", "namespace=shop")
    strategy = "capacityProvider=FARGATE_SPOT,weight=3"
    aws(
        *("ecs", "put-cluster-capacity-providers", "--cluster", cluster, "--capacity-providers", "FARGATE", "FARGATE_SPOT"),
        *("--default-capacity-provider-strategy", strategy, "capacityProvider=FARGATE,weight=1,base=1"),
    )
    described = aws("ecs", "describe-clusters", "--clusters", cluster, "--include", "SETTINGS")["clusters"][0]
    assert described["serviceConnectDefaults"] == {"namespace": "shop"}
    assert [item["base"] for item in described["defaultCapacityProviderStrategy"]] == [0, 1]


def test_instance_is_drained(aws, agent):
    where = ("--cluster", agent.cluster, "--container-instances", agent.instance)
    drained = aws("ecs", "update-container-instances-state", *where, "--status", "DRAINING")
    assert drained["containerInstances"][0]["status"] == "DRAINING" and drained["failures"] == []


def test_attributes_are_put_listed_and_deleted(aws, agent):
    where = ("--cluster", agent.cluster)
    stack = {"name": "stack", "value": "production", "targetId": agent.instance}
    put = f"name=stack,value=production,targetId={agent.instance}"
    assert aws("ecs", "put-attributes", *where, "--attributes", put)["attributes"] == [stack]
    listed = ("ecs", "list-attributes", *where, "--target-type", "container-instance", "--attribute-name", "stack")
    assert aws(*listed)["attributes"] == [stack]
    aws("ecs", "delete-attributes", *where, "--attributes", f"name=stack,targetId={agent.instance}")
    assert aws(*listed)["attributes"] == []


def test_tags_are_set_and_taken_off(aws, agent):
    arn = ("--resource-arn", agent.instance)
    aws("ecs", "tag-resource", *arn, "--tags", "key=team,value=blue", "key=stage,value=")
    assert aws("ecs", "list-tags-for-resource", *arn)["tags"] == [
        {"key": "team", "value": "blue"},
        {"key": "stage", "value": ""},
    ]
    aws("ecs", "untag-resource", *arn, "--tag-keys", "stage")
    assert aws("ecs", "list-tags-for-resource", *arn)["tags"] == [{"key": "team", "value": "blue"}]


def test_account_settings_are_listed_and_set(aws):
    region = ("--region", "us-settings-cli")
    effective = aws("ecs", "list-account-settings", "--effective-settings", *region)["settings"]
    assert len(effective) == 11, "the CLI goes through the pages"
    put = aws("ecs", "put-account-setting-default", "--name", "awsvpcTrunking", "--value", "enabled", *region)["setting"]
    assert aws("ecs", "list-account-settings", *region)["settings"] == [put]
    aws("ecs", "delete-account-setting", "--name", "awsvpcTrunking", *region)
    assert aws("ecs", "list-account-settings", *region)["settings"] == []
