"""Every network mode, from inside and outside of the containers."""

import json
import socket

import pytest

from deadline import eventually
from network import (
    address,
    ask,
    awsvpc,
    bindings,
    is_idle,
    launch_own,
    names,
    own_address,
    page,
    traces,
    within,
)
from node import awslogs, looked

SERVE = ["serve", "80", "--text", "from inside"]


@pytest.fixture(scope="module")
def own(node):
    """A task with an address of its own that serves a page on port 80."""
    arn = launch_own(node, {"command": SERVE})
    yield node.awaits(arn, "RUNNING")
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")


@pytest.fixture(scope="module")
def published(node):
    """A task on the bridge whose page is on port 18080 of the machine, and on another one."""
    web = {"containerPort": 80, "hostPort": 18080, "name": "web", "appProtocol": "http"}
    ports = [web, {"containerPort": 80}, {"containerPort": 53, "hostPort": 18053, "protocol": "udp"}]
    other = {"name": "names", "command": ["answer", "53"], "portMappings": [ports[2]]}
    arn = node.launch(node.define({"command": SERVE, "portMappings": ports[:2]}, other, networkMode="bridge"))
    yield node.awaits(arn, "RUNNING")
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")


def says_own(node, *command):
    """What a command writes in a task with an address of its own."""
    group = "/e2e/network"
    arn = launch_own(node, {"command": list(command), "logConfiguration": awslogs(group)})
    node.awaits(arn, "STOPPED")
    return node.lines(group, arn)


def says(node, *command, mode="bridge", **container):
    return node.says({"command": list(command), **container}, networkMode=mode)


def test_task_has_the_address_that_it_shows(node, own):
    told = page(f"http://{address(own)}/")
    assert told == "from inside\n"
    (interface,) = own["containers"][0]["networkInterfaces"]
    assert interface["privateIpv4Address"] == address(own)
    assert own["attachments"][0]["status"] == "ATTACHED" and bindings(own) == []
    seen = looked(says_own(node, "look"))
    assert seen["interfaces"] == ["eth0", "lo"]
    own_line = seen["hosts"].splitlines()[-1].split()
    assert own_line[1] == seen["hostname"] and seen["hostname"] == f"ip-{own_line[0].replace('.', '-')}.ec2.internal"


def test_interface_is_given_back_with_the_task(node):
    arn = launch_own(node, {"command": ["exit", "0"]})
    task = node.awaits(arn, "STOPPED")
    assert task["attachments"][0]["status"] == "DELETED"
    assert not [name for name in names(node) if arn.rsplit("/", 1)[1] in name]


def test_containers_of_a_task_share_its_network(node):
    group = "/e2e/shared"
    front = {"name": "front", "command": ["fetch", "http://localhost:8000/", "--patience", "10"], "logConfiguration": awslogs(group)}
    arn = launch_own(node, {"command": ["serve", "8000", "--text", "next door"]}, front)
    node.awaits(arn, "STOPPED")
    assert node.lines(group, arn, "front") == ["next door"]


def test_tasks_reach_each_other(node, own, published):
    assert says_own(node, "fetch", f"http://{address(own)}:80/") == ["from inside"]
    assert says(node, "fetch", f"http://{address(own)}:80/") == ["from inside"]


def test_published_ports_are_reached_from_everywhere(node, own, published):
    here = own_address()
    static, dynamic = [binding["hostPort"] for binding in bindings(published)]
    assert static == 18080 and dynamic not in (0, static)
    for host in ("127.0.0.1", here):
        for port in (static, dynamic):
            assert page(f"http://{host}:{port}/") == "from inside\n"
    gateway = address(own).rsplit(".", 2)[0] + ".0.1"
    assert says_own(node, "fetch", f"http://{here}:{static}/") == ["from inside"]
    assert says_own(node, "fetch", f"http://{gateway}:{dynamic}/") == ["from inside"]
    # The task itself, around the corner.
    script = f"import urllib.request; print(urllib.request.urlopen('http://{here}:{static}/', timeout=10).read().decode())"
    assert within(node, published["taskArn"], script) == "from inside"


def test_datagrams_are_published_too(node, published):
    assert bindings(published, "names") == [{"bindIP": "0.0.0.0", "containerPort": 53, "hostPort": 18053, "protocol": "udp"}]
    assert ask("127.0.0.1", 18053).startswith("you are ")
    assert says(node, "ask", f"{own_address()}:18053")[0].startswith("you are 10.")


def test_range_of_ports_is_published_as_one(node):
    ports = [{"containerPortRange": "8000-8009"}]
    arn = node.launch(node.define({"command": ["serve", "8007"], "portMappings": ports}, networkMode="bridge"))
    (binding,) = bindings(node.awaits(arn, "RUNNING"))
    first, last = map(int, binding["hostPortRange"].split("-"))
    assert binding["containerPortRange"] == "8000-8009" and last - first == 9
    assert "Hello" in page(f"http://127.0.0.1:{first + 7}/")
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")


def test_port_in_use_is_said_before_the_container_starts(node):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        task = node.finishes({"command": SERVE, "portMappings": [{"containerPort": 80, "hostPort": port}]}, networkMode="bridge")
    reason = task["containers"][0]["reason"]
    assert reason == f"CannotStartContainerError: Bind for 0.0.0.0:{port}/tcp failed: port is already allocated"
    assert task["stopCode"] == "TaskFailedToStart" and "exitCode" not in task["containers"][0]


def test_published_port_cannot_be_taken_and_is_free_afterwards(node):
    family = node.define({"command": SERVE, "portMappings": [{"containerPort": 80, "hostPort": 18090}]}, networkMode="bridge")
    arn = node.launch(family)
    node.awaits(arn, "RUNNING")
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("0.0.0.0", 18090))
    assert node.ecs.run_task(taskDefinition=family)["failures"][0]["reason"] == "RESOURCE:PORTS"
    # A task on the machine's own network cannot take it either.
    task = node.finishes({"command": ["serve", "18090"]})
    assert task["containers"][0]["exitCode"] == 1
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")
    socket.create_server(("0.0.0.0", 18090)).close()


def test_host_mode_has_no_bindings(node):
    arn = node.launch(node.define({"command": ["serve", "18070"], "portMappings": [{"containerPort": 18070}]}))
    task = node.awaits(arn, "RUNNING")
    assert bindings(task) == [] and "Hello" in eventually(lambda: page("http://127.0.0.1:18070/"), "the page")
    node.ecs.stop_task(task=arn)
    node.awaits(arn, "STOPPED")


def test_links_name_the_container_and_tell_of_it(node):
    group = "/e2e/links"
    db = {"name": "db", "command": ["serve", "5432"], "portMappings": [{"containerPort": 5432}], "environment": [{"name": "USER", "value": "me"}]}
    db["essential"] = False

    def web(name, *command):
        return {"name": name, "command": list(command), "links": ["db:data-base"], "logConfiguration": awslogs(group), "essential": name == "web"}

    arn = node.launch(
        node.define(
            # The task ends with it.
            web("web", "fetch", "http://data-base:5432/", "--patience", "10")
            | {"dependsOn": [{"containerName": name, "condition": "COMPLETE"} for name in ("variables", "hosts")]},
            web("variables", "env") | {"essential": False},
            web("hosts", "read", "/etc/hosts") | {"essential": False},
            db,
            networkMode="bridge",
        )
    )
    node.awaits(arn, "STOPPED")
    assert node.lines(group, arn, "web") == ["Hello from a container."]
    variables = dict(line.split("=", 1) for line in node.lines(group, arn, "variables"))
    where = variables["DATA_BASE_PORT_5432_TCP_ADDR"]
    assert variables["DATA_BASE_PORT"] == variables["DATA_BASE_PORT_5432_TCP"] == f"tcp://{where}:5432"
    assert (variables["DATA_BASE_ENV_USER"], variables["DATA_BASE_NAME"]) == ("me", "/variables/data-base")
    assert f"{where}\tdata-base db" in node.lines(group, arn, "hosts")


def test_extra_hosts_resolvers_and_search_domains_act(node):
    hosts = {"extraHosts": [{"hostname": "elsewhere", "ipAddress": "192.0.2.7"}]}
    assert "192.0.2.7\telsewhere" in says(node, "read", "/etc/hosts", **hosts)
    resolvers = {"dnsServers": ["192.0.2.53", "192.0.2.54"], "dnsSearchDomains": ["one.test", "two.test"]}
    text = says(node, "read", "/etc/resolv.conf", **resolvers)
    assert [line for line in text if not line.startswith(("#", "options"))] == [
        "search one.test two.test",
        "nameserver 192.0.2.53",
        "nameserver 192.0.2.54",
    ]


def test_resolvers_of_a_task_can_be_reached_from_it(node):
    for text in (says(node, "read", "/etc/resolv.conf"), says_own(node, "read", "/etc/resolv.conf")):
        servers = [line.split()[1] for line in text if line.startswith("nameserver")]
        assert servers and not [server for server in servers if server.startswith("127.") or ":" in server]


def test_networking_can_be_disabled(node):
    assert looked(says(node, "look", disableNetworking=True))["interfaces"] == ["lo"]
    assert looked(says(node, "look", mode="none"))["interfaces"] == ["lo"]


@pytest.mark.parametrize("mode", ["awsvpc", "bridge", "host"])
def test_control_plane_is_reached_from_inside(node, mode):
    def lines(*command):
        return says_own(node, *command) if mode == "awsvpc" else says(node, *command, mode=mode)

    variables = dict(line.split("=", 1) for line in lines("env"))
    url = variables["AWS_ENDPOINT_URL"]
    assert url == (node.environment()["AWS_ENDPOINT_URL"] if mode == "host" else "http://169.254.170.2:7300")
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"
    assert json.loads("".join(lines("fetch", f"{url}/_berth/health")))["status"] == "ok"


def test_signed_requests_go_through_as_they_were_signed(node, own):
    key = node.root_key()
    script = f"""
import sys; sys.path[:0] = {json.dumps(__import__("sys").path)}
import boto3
client = boto3.client("ecs", endpoint_url="http://169.254.170.2:7300", region_name="us-east-1",
                      aws_access_key_id={key.id!r}, aws_secret_access_key={key.secret!r})
print(client.describe_clusters()["clusters"][0]["clusterName"])
"""
    assert within(node, own["taskArn"], script) == "default"


def test_definition_knows_better_where_its_endpoint_is(node):
    given = [{"name": "AWS_ENDPOINT_URL", "value": "http://elsewhere"}, {"name": "AWS_REGION", "value": "eu-west-1"}]
    variables = says(node, "env", environment=given)
    assert {"AWS_ENDPOINT_URL=http://elsewhere", "AWS_REGION=eu-west-1"} <= set(variables)
    assert not [line for line in variables if line.startswith("AWS_DEFAULT_REGION")]


def test_subnets_and_group_are_in_the_environment(node):
    configuration = awsvpc(node)["awsvpcConfiguration"]
    assert len(configuration["subnets"]) == 3 and configuration["securityGroups"][0].startswith("sg-")


def test_nothing_is_left_of_ended_tasks(node):
    def others():
        return node.ecs.list_tasks()["taskArns"]

    for arn in others():
        node.ecs.stop_task(task=arn)
    eventually(lambda: not others(), "no task")
    eventually(lambda: is_idle(node), f"nothing left: {traces(node)}")
