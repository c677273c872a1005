"""PutAttributes, DeleteAttributes, ListAttributes."""

import pytest

from agent import Agent

ABSENT = "0" * 32
KIND = "container-instance"


def on(agent, name, value=None):
    """An attribute of an agent's instance, as calls and answers have it."""
    attribute = {"name": name, "targetId": agent.instance}
    return attribute if value is None else {**attribute, "value": value}


def put(ecs, agent, *attributes):
    return ecs.put_attributes(cluster=agent.cluster, attributes=list(attributes))["attributes"]


def listed(ecs, cluster, **filters):
    return ecs.list_attributes(cluster=cluster, targetType=KIND, **filters)["attributes"]


def test_attributes_are_put_changed_and_deleted(ecs, agent):
    version = agent.describe()["version"]
    stack = on(agent, "stack", "production")
    assert put(ecs, agent, stack, on(agent, "plain")) == [stack, on(agent, "plain")]
    put(ecs, agent, on(agent, "stack", "my test@home:1"))
    assert listed(ecs, agent.cluster, attributeName="stack") == [on(agent, "stack", "my test@home:1")]
    described = {attribute["name"]: attribute for attribute in agent.describe()["attributes"]}
    assert described["stack"] == {"name": "stack", "value": "my test@home:1"}
    assert described["plain"] == {"name": "plain"}
    assert agent.describe()["version"] > version
    deleted = ecs.delete_attributes(cluster=agent.cluster, attributes=[on(agent, "stack"), on(agent, "absent")])
    assert deleted["attributes"] == [on(agent, "stack", "my test@home:1")]
    assert listed(ecs, agent.cluster, attributeName="stack") == []
    assert len(listed(ecs, agent.cluster, attributeName="plain")) == 1


def test_instance_is_named_by_id_with_its_type(ecs, agent, refused):
    short = agent.instance.rsplit("/", 1)[1]
    attribute = {"name": "stack", "value": "x", "targetId": short}
    assert put(ecs, agent, {**attribute, "targetType": KIND}) == [on(agent, "stack", "x")]
    code, text = refused(ecs.put_attributes, cluster=agent.cluster, attributes=[attribute])
    assert code == "InvalidParameterException" and "targetType" in text


def test_several_instances_are_changed_together_or_not_at_all(ecs, agent, refused):
    other = Agent(ecs, agent.cluster).register()
    put(ecs, agent, on(agent, "rack", "1"), on(other, "rack", "2"))
    values = {(found["targetId"], found["value"]) for found in listed(ecs, agent.cluster, attributeName="rack")}
    assert values == {(agent.instance, "1"), (other.instance, "2")}
    absent = {"name": "rack", "value": "3", "targetId": ABSENT, "targetType": KIND}
    code, _ = refused(ecs.put_attributes, cluster=agent.cluster, attributes=[on(agent, "rack", "3"), absent])
    assert code == "TargetNotFoundException"
    assert listed(ecs, agent.cluster, attributeName="rack", attributeValue="3") == []


def test_ten_custom_attributes_are_the_most(ecs, agent, refused):
    put(ecs, agent, *(on(agent, f"a{number}") for number in range(10)))
    code, _ = refused(ecs.put_attributes, cluster=agent.cluster, attributes=[on(agent, "one-more")])
    assert code == "AttributeLimitExceededException"
    put(ecs, agent, on(agent, "a0", "changed"))
    ecs.delete_attributes(cluster=agent.cluster, attributes=[on(agent, "a1")])
    put(ecs, agent, on(agent, "one-more"))


def test_placement_goes_by_attributes(ecs, agent, family):
    other = Agent(ecs, agent.cluster).register()
    put(ecs, agent, on(other, "stack", "blue"))
    rule = [{"type": "memberOf", "expression": "attribute:stack == blue"}]
    for _ in range(4):
        task = ecs.run_task(cluster=agent.cluster, taskDefinition=family, placementConstraints=rule)["tasks"][0]
        assert task["containerInstanceArn"] == other.instance
    found = ecs.list_container_instances(cluster=agent.cluster, filter="attribute:stack == blue")
    assert found["containerInstanceArns"] == [other.instance]


def test_list_has_every_attribute_of_every_instance_once(ecs, agent):
    agents = [agent, Agent(ecs, agent.cluster).register(), Agent(ecs, agent.cluster).register()]
    put(ecs, agent, *(on(one, "rack", str(number)) for number, one in enumerate(agents)))
    ecs.update_container_instances_state(cluster=agent.cluster, containerInstances=[agents[1].instance], status="DRAINING")
    expected = sorted(
        (one.instance, attribute["name"]) for one in agents for attribute in one.describe()["attributes"]
    )
    for size in [1, 7, 100]:
        pages = list(
            ecs.get_paginator("list_attributes").paginate(
                cluster=agent.cluster, targetType=KIND, PaginationConfig={"PageSize": size}
            )
        )
        found = [(attribute["targetId"], attribute["name"]) for page in pages for attribute in page["attributes"]]
        assert sorted(found) == expected
        assert [len(page["attributes"]) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert len(expected) < 100, "or the size of the last pages proves nothing"


def test_list_is_filtered_by_name_and_value(ecs, agent):
    other = Agent(ecs, agent.cluster).register()
    put(ecs, agent, on(agent, "stack", "blue"), on(other, "stack", "red"))
    assert len(listed(ecs, agent.cluster, attributeName="stack")) == 2
    assert listed(ecs, agent.cluster, attributeName="stack", attributeValue="red") == [on(other, "stack", "red")]
    assert listed(ecs, agent.cluster, attributeName="ecs.capability.execution-role-awslogs", attributeValue="x") == []
    ecs.deregister_container_instance(cluster=agent.cluster, containerInstance=other.instance)
    assert [found["targetId"] for found in listed(ecs, agent.cluster, attributeName="stack")] == [agent.instance]


def test_token_of_another_list_is_refused(ecs, agent, refused):
    token = ecs.list_attributes(cluster=agent.cluster, targetType=KIND, maxResults=1)["nextToken"]
    for parameters in [
        {"attributeName": "stack", "nextToken": token},
        {"nextToken": token[:-2]},
        {"maxResults": 101},
        {"maxResults": 0},
    ]:
        code, _ = refused(ecs.list_attributes, cluster=agent.cluster, targetType=KIND, **parameters)
        assert code == "InvalidParameterException"


@pytest.mark.parametrize(
    "attribute, text",
    [
        ({"name": ""}, "name"),
        ({"name": "a b"}, "Invalid attribute name"),
        ({"name": "n" * 129}, "name"),
        ({"name": "ecs.os-type", "value": "linux"}, "reserved"),
        ({"name": "com.amazonaws.ecs.capability.mine"}, "reserved"),
        ({"name": "a", "value": ""}, "Invalid value"),
        ({"name": "a", "value": " b"}, "Invalid value"),
        ({"name": "a", "value": "v" * 129}, "Invalid value"),
        ({"name": "a", "targetId": None}, "targetId"),
        ({"name": "a", "targetId": "short", "targetType": KIND}, "containerInstanceId length"),
        ({"name": "a", "targetId": "arn:aws:ecs:us-east-1:000000000000:cluster/default"}, "is not a container instance"),
        ({"name": "a", "targetType": "task"}, "targetType"),
    ],
)
def test_attributes_have_rules(unchecked, agent, refused, attribute, text):
    given = {"targetId": agent.instance, **attribute}
    given = {name: value for name, value in given.items() if value is not None}
    for operation in [unchecked.put_attributes, unchecked.delete_attributes]:
        code, said = refused(operation, cluster=agent.cluster, attributes=[given])
        assert code == "InvalidParameterException" and text in said, said


def test_calls_have_one_to_ten_attributes(ecs, agent, refused):
    for operation in [ecs.put_attributes, ecs.delete_attributes]:
        for attributes, text in [([], "cannot be empty"), ([on(agent, "a")] * 11, "more than 10 entries")]:
            code, said = refused(operation, cluster=agent.cluster, attributes=attributes)
            assert code == "InvalidParameterException" and text in said


def test_instance_that_is_gone_has_no_attributes_to_change(ecs, agent, refused):
    ecs.deregister_container_instance(cluster=agent.cluster, containerInstance=agent.instance)
    for operation in [ecs.put_attributes, ecs.delete_attributes]:
        code, text = refused(operation, cluster=agent.cluster, attributes=[on(agent, "a")])
        assert code == "TargetNotFoundException" and "target was not found" in text


def test_value_without_a_name_is_refused(ecs, cluster, refused):
    code, text = refused(ecs.list_attributes, cluster=cluster, targetType=KIND, attributeValue="blue")
    assert code == "InvalidParameterException" and "attributeName" in text
