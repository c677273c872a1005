"""A whole machine, from outside: `pytest tests/e2e --berth PATH`, as root, with `berth-shim` and `berth-demo` beside the binary."""

import os
from pathlib import Path

import pytest

from node import Node


def pytest_addoption(parser):
    parser.addoption("--berth", required=True, type=Path, help="the berth binary under test")
    parser.addoption("--runtime", help="what makes containers on all machines that say nothing of that: runc, or another OCI runtime")


def pytest_configure(config):
    Node.runtime = config.getoption("--runtime")


@pytest.fixture(scope="session")
def binary(pytestconfig):
    path = pytestconfig.getoption("--berth").resolve()
    for needed in (path, path.with_name("berth-shim"), path.with_name("berth-demo")):
        assert needed.is_file(), f"{needed}: build it with `make build` or scripts/build-static.sh"
    assert os.geteuid() == 0, "containers are made by root"
    return path


@pytest.fixture(scope="session")
def node(binary, tmp_path_factory):
    """One machine for all tests that break nothing."""
    node = Node(binary, tmp_path_factory.mktemp("node") / "data")
    try:
        yield node.start().with_image()
    finally:
        node.end()


@pytest.fixture
def fresh(binary, tmp_path):
    """Makes machines that a test may break. They are taken down with the test."""
    made = []

    def make():
        made.append(Node(binary, tmp_path / f"data{len(made)}"))
        return made[-1]

    yield make
    for node in made:
        node.end()
