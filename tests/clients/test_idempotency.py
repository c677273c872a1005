"""The same request twice is done once; the same token with another request is a conflict."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from agent import Agent
from conftest import CONTAINER


def test_same_token_and_request_start_tasks_once(ecs, agent, family):
    call = {"cluster": agent.cluster, "taskDefinition": family, "count": 2, "clientToken": str(uuid.uuid4())}
    first = ecs.run_task(**call)["tasks"]
    assert ecs.run_task(**call)["tasks"] == first
    assert len(ecs.list_tasks(cluster=agent.cluster)["taskArns"]) == 2


def test_repeated_request_shows_tasks_as_they_are_now(ecs, agent, family):
    call = {"cluster": agent.cluster, "taskDefinition": family, "clientToken": "once"}
    task = ecs.run_task(**call)["tasks"][0]["taskArn"]
    agent.runs(task)
    assert [(again["taskArn"], again["lastStatus"]) for again in ecs.run_task(**call)["tasks"]] == [(task, "RUNNING")]


def test_repeated_request_is_answered_when_there_is_no_room_left(ecs, cluster, family):
    Agent(ecs, cluster).register(cpu=128)
    call = {"cluster": cluster, "taskDefinition": family, "clientToken": "once"}
    assert ecs.run_task(**call)["tasks"] == ecs.run_task(**call)["tasks"]


def test_same_token_with_another_request_is_a_conflict(ecs, agent, family):
    call = {"cluster": agent.cluster, "taskDefinition": family, "clientToken": "once"}
    made = [task["taskArn"] for task in ecs.run_task(**call, count=2)["tasks"]]
    with pytest.raises(ecs.exceptions.ConflictException) as caught:
        ecs.run_task(**call, count=3)
    assert caught.value.response["resourceIds"] == made
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_token_belongs_to_its_cluster(ecs, agent, family):
    other = agent.cluster + "-other"
    ecs.create_cluster(clusterName=other)
    Agent(ecs, other).register()
    tasks = [
        ecs.run_task(cluster=cluster, taskDefinition=family, clientToken="once")["tasks"][0]["clusterArn"]
        for cluster in [agent.cluster, other]
    ]
    assert [arn.rsplit("/", 1)[1] for arn in tasks] == [agent.cluster, other]


@pytest.mark.parametrize("token", ["x" * 65, "with space", "tab\t", "ünicode"])
def test_tokens_of_other_characters_are_refused(ecs, agent, family, refused, token):
    code, text = refused(ecs.run_task, cluster=agent.cluster, taskDefinition=family, clientToken=token)
    assert code == "InvalidParameterException" and "clientToken" in text


def test_agent_that_repeats_its_registration_gets_the_same_instance(door, cluster):
    """The official agent sends a `clientToken` that the public model does not have."""
    call = {"cluster": cluster, "clientToken": "boot-1", "totalResources": []}
    arns = [
        door.ecs("RegisterContainerInstance", call).json["containerInstance"]["containerInstanceArn"] for _ in range(2)
    ]
    assert arns[0] == arns[1]
    conflict = door.ecs("RegisterContainerInstance", call | {"attributes": [{"name": "other"}]})
    assert (conflict.status, conflict.code) == (400, "ClientException")
    assert "client token" in conflict.text


def test_refused_request_uses_up_no_token(ecs, cluster, family):
    call = {"cluster": cluster, "taskDefinition": family, "clientToken": "once"}
    with pytest.raises(ClientError):
        ecs.run_task(**call)
    Agent(ecs, cluster).register()
    assert len(ecs.run_task(**call)["tasks"]) == 1


def test_same_request_at_the_same_time_is_done_once(ecs, berth, agent, family):
    call = {"cluster": agent.cluster, "taskDefinition": family, "count": 3, "clientToken": "at-once"}
    clients = [berth.client("ecs") for _ in range(4)]
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda client: client.run_task(**call)["tasks"], clients))
    arns = [[task["taskArn"] for task in tasks] for tasks in answers]
    assert all(other == arns[0] for other in arns)
    assert sorted(ecs.list_tasks(cluster=agent.cluster)["taskArns"]) == sorted(arns[0])


def test_revisions_of_concurrent_registrations_are_all_different(berth, name):
    clients = [berth.client("ecs") for _ in range(4)]

    def register(number):
        client = clients[number % len(clients)]
        answer = client.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER])
        return answer["taskDefinition"]["revision"]

    with ThreadPoolExecutor(len(clients)) as pool:
        revisions = list(pool.map(register, range(20)))
    assert sorted(revisions) == list(range(1, 21))
