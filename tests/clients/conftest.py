"""The real AWS CLI and boto3 against the real `berth` binary: `pytest tests/clients --berth PATH`."""

import itertools
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from agent import Agent
from door import Door
from installation import Installation

NUMBERS = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption("--berth", required=True, type=Path, help="the berth binary under test")


def pytest_collection_modifyitems(config, items):
    """Tests of what all others did come last, and are left out where some of the others are."""
    last = [item for item in items if item.get_closest_marker("after_all_others")]
    others = [item for item in items if item not in last]
    everywhere = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    is_whole = not config.option.keyword and {item.path.name for item in items} == everywhere
    if not is_whole:
        config.hook.pytest_deselected(items=last)
    items[:] = others + (last if is_whole else [])


@pytest.fixture(scope="session")
def binary(pytestconfig):
    path = pytestconfig.getoption("--berth").resolve()
    assert path.is_file(), f"{path}: build it with `cargo build --package berth`"
    return path


@pytest.fixture(scope="session")
def berth(binary, tmp_path_factory):
    """One running installation for all tests that do not restart it. Its audit records go to its log."""
    installation = Installation(binary, tmp_path_factory.mktemp("berth") / "data")
    try:
        yield installation.start("--log-format", "json", "--log-level", "info,audit=debug")
    finally:
        installation.end()


@pytest.fixture
def fresh(binary, tmp_path):
    """Makes installations that a test may kill and start again. They end with the test."""
    made = []

    def make():
        made.append(Installation(binary, tmp_path / f"data{len(made)}"))
        return made[-1]

    yield make
    for installation in made:
        installation.end()


@pytest.fixture(scope="session")
def ecs(berth):
    return berth.client("ecs")


@pytest.fixture(scope="session")
def unchecked(berth):
    """An ECS client that sends what it is given, right or wrong."""
    return berth.client("ecs", parameter_validation=False)


@pytest.fixture(scope="session")
def node(berth):
    """ECS as the node's key sees it."""
    return berth.client("ecs", key=berth.node_key())


@pytest.fixture(scope="session")
def door(berth):
    """The door, for requests made by hand and signed with root's key."""
    return Door(berth.address, berth.root_key())


@pytest.fixture
def server_goes_on(door, berth):
    """After the test the server is the same process, and answers."""
    before = berth.server_pid()
    yield
    assert door.ecs("ListClusters", {"maxResults": 1}).status == 200
    assert berth.server_pid() == before


@pytest.fixture
def name():
    """A name that no other test uses."""
    return f"t{next(NUMBERS)}"


@pytest.fixture
def cluster(ecs, name):
    """A cluster of the test's own."""
    ecs.create_cluster(clusterName=name)
    return name


@pytest.fixture
def agent(ecs, cluster):
    """An instance in the test's cluster, and the agent that speaks for it."""
    return Agent(ecs, cluster).register()


@pytest.fixture
def family(ecs, name):
    """A task definition that runs anywhere: one container with 128 CPU units and 64 MiB."""
    ecs.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER])
    return name


CONTAINER = {"name": "main", "image": "busybox", "cpu": 128, "memory": 64, "essential": True}


@pytest.fixture
def refused():
    """Runs a call that must be refused, and answers its code, its text and the whole answer."""

    def call(operation, **parameters):
        with pytest.raises(ClientError) as caught:
            operation(**parameters)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call
