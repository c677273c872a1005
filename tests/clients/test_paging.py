"""Lists in pages: every size gives the same items in the same order, and a token serves its own list alone."""

from itertools import pairwise

import pytest

from agent import Agent
from conftest import CONTAINER

MANY = 7


@pytest.fixture(scope="module", autouse=True)
def everything(ecs):
    """A cluster with instances and tasks, families with revisions, and more clusters, in a region of their own."""
    cluster = "paging"
    ecs.create_cluster(clusterName=cluster)
    for number in range(MANY - 1):
        ecs.create_cluster(clusterName=f"paging-{number}")
        ecs.register_task_definition(family=f"paging-{number}", networkMode="host", containerDefinitions=[CONTAINER])
    for _ in range(MANY):
        ecs.register_task_definition(family="paging", networkMode="host", containerDefinitions=[CONTAINER])
        Agent(ecs, cluster).register()
    ecs.run_task(cluster=cluster, taskDefinition="paging-0", count=MANY, startedBy="me")


@pytest.fixture(scope="module")
def ecs(berth):
    return berth.client("ecs", region="ap-southeast-2")


LISTS = [
    ("list_clusters", "clusterArns", {}),
    ("list_task_definitions", "taskDefinitionArns", {"familyPrefix": "paging"}),
    ("list_task_definitions", "taskDefinitionArns", {"familyPrefix": "paging", "sort": "DESC"}),
    ("list_task_definition_families", "families", {"familyPrefix": "paging"}),
    ("list_container_instances", "containerInstanceArns", {"cluster": "paging"}),
    ("list_container_instances", "containerInstanceArns", {"cluster": "paging", "filter": "agentConnected == true"}),
    ("list_tasks", "taskArns", {"cluster": "paging"}),
    ("list_tasks", "taskArns", {"cluster": "paging", "family": "paging-0", "desiredStatus": "RUNNING"}),
    ("list_tasks", "taskArns", {"cluster": "paging", "startedBy": "me", "desiredStatus": "RUNNING"}),
    ("list_tasks", "taskArns", {"cluster": "paging", "family": "paging-0", "launchType": "EC2"}),
]


def pages(call, items, filters, size):
    answer = call(**filters, maxResults=size)
    yield answer[items]
    while "nextToken" in answer:
        answer = call(**filters, maxResults=size, nextToken=answer["nextToken"])
        yield answer[items]


@pytest.mark.parametrize("operation, items, filters", LISTS)
def test_every_page_size_gives_the_same_list(ecs, operation, items, filters):
    call = getattr(ecs, operation)
    whole = call(**filters)[items]
    assert len(whole) == MANY == len(set(whole)) and "nextToken" not in call(**filters)
    for size in range(1, MANY + 2):
        cut = list(pages(call, items, filters, size))
        assert [item for page in cut for item in page] == whole
        assert all(len(page) == size for page in cut[:-1]) and len(cut[-1]) <= size
        assert cut[-1], "no page is empty: the last item's page has no token"


@pytest.mark.parametrize("operation, items, filters", LISTS)
def test_foreign_and_damaged_tokens_are_refused(ecs, refused, operation, items, filters):
    call = getattr(ecs, operation)
    token = call(**filters, maxResults=1)["nextToken"]
    foreign = next(other for other in LISTS if other[0] != operation)
    others = getattr(ecs, foreign[0])(**foreign[2], maxResults=1)["nextToken"]
    flipped = ("B" if token[0] == "A" else "A") + token[1:]
    for bad in [others, token[:10], token + "!", flipped, "garbage", "%00", "x" * 5000]:
        assert refused(call, **filters, nextToken=bad) == ("InvalidParameterException", "Invalid token."), bad


def test_token_of_another_filter_is_refused(ecs, refused):
    token = ecs.list_tasks(cluster="paging", startedBy="me", maxResults=1)["nextToken"]
    for other in [{"startedBy": "you"}, {"family": "paging-0"}, {"startedBy": "me", "desiredStatus": "STOPPED"}]:
        assert refused(ecs.list_tasks, cluster="paging", nextToken=token, **other)[1] == "Invalid token."


def test_token_of_another_region_is_refused(ecs, berth, refused):
    token = ecs.list_clusters(maxResults=1)["nextToken"]
    assert refused(berth.client("ecs").list_clusters, nextToken=token)[1] == "Invalid token."


@pytest.mark.parametrize("operation, items, filters", LISTS)
@pytest.mark.parametrize("size", [0, -1, 101, 2147483647])
def test_page_sizes_out_of_range_are_refused(ecs, refused, operation, items, filters, size):
    code, text = refused(getattr(ecs, operation), **filters, maxResults=size)
    assert code == "InvalidParameterException" and "maxResults" in text


def test_item_that_goes_away_between_pages_breaks_nothing(ecs):
    for number in range(4):
        ecs.register_task_definition(family="going", networkMode="host", containerDefinitions=[CONTAINER])
    first = ecs.list_task_definitions(familyPrefix="going", maxResults=2)
    ecs.deregister_task_definition(taskDefinition="going:2")
    rest = ecs.list_task_definitions(familyPrefix="going", nextToken=first["nextToken"])["taskDefinitionArns"]
    assert [arn.rsplit(":", 1)[1] for arn in rest] == ["3", "4"]


def test_lists_are_in_one_order(ecs):
    arns = ecs.list_clusters()["clusterArns"]
    assert arns == sorted(arns)
    arns = ecs.list_task_definitions(familyPrefix="paging")["taskDefinitionArns"]
    revisions = [int(arn.rsplit(":", 1)[1]) for arn in arns]
    assert all(before < after for before, after in pairwise(revisions))


@pytest.mark.parametrize(
    "filters, count",
    [
        ({}, MANY),
        ({"desiredStatus": "RUNNING"}, MANY),
        ({"desiredStatus": "STOPPED"}, 0),
        ({"desiredStatus": "PENDING"}, 0),
        ({"startedBy": "you"}, 0),
        ({"family": "paging"}, 0),
        ({"launchType": "FARGATE"}, 0),
        ({"family": "paging-0", "launchType": "EC2"}, MANY),
        ({"startedBy": "me", "desiredStatus": "RUNNING"}, MANY),
        ({"startedBy": "me", "desiredStatus": "STOPPED"}, 0),
    ],
)
def test_filters_of_tasks_are_joined(ecs, filters, count):
    assert len(ecs.list_tasks(cluster="paging", **filters)["taskArns"]) == count


@pytest.mark.parametrize(
    "name, others",
    [
        ("startedBy", {"startedBy": "me", "family": "paging-0"}),
        ("startedBy", {"startedBy": "me", "launchType": "EC2"}),
        ("startedBy", {"startedBy": "me", "containerInstance": "0" * 32}),
        ("startedBy", {"startedBy": "me", "serviceName": "web"}),
        ("serviceName", {"serviceName": "web", "family": "paging-0"}),
        ("serviceName", {"serviceName": "web", "containerInstance": "0" * 32}),
    ],
)
def test_filters_that_want_to_be_alone_are_refused_beside_others(ecs, refused, name, others):
    expected = ("InvalidParameterException", f"cannot specify {name} with other arguments")
    assert refused(ecs.list_tasks, cluster="paging", **others) == expected


def test_tasks_of_one_instance_are_listed(ecs):
    per_instance = [
        ecs.list_tasks(cluster="paging", containerInstance=instance)["taskArns"]
        for instance in ecs.list_container_instances(cluster="paging")["containerInstanceArns"]
    ]
    assert sum(len(tasks) for tasks in per_instance) == MANY
