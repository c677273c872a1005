"""What tasks hold of their instance, and why an instance does not get a task."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from agent import CAPABILITIES, Agent, change
from conftest import CONTAINER


def register(ecs, family, networkMode="host", **members):
    ecs.register_task_definition(family=family, networkMode=networkMode, containerDefinitions=[CONTAINER | members])


def mapped(port, protocol="tcp"):
    return [{"containerPort": port, "hostPort": port, "protocol": protocol}]


def reason(ecs, agent, family):
    answer = ecs.run_task(cluster=agent.cluster, taskDefinition=family)
    assert answer["tasks"] == [] and answer["failures"][0]["arn"] == agent.instance
    return answer["failures"][0]["reason"]


def test_tasks_take_cpu_memory_and_ports_and_give_them_back(ecs, cluster, name):
    agent = Agent(ecs, cluster).register(cpu=1000, memory=1000, tcp=[22], udp=[53])
    ports = mapped(8080) + mapped(514, "udp")
    register(ecs, name, cpu=300, memory=200, portMappings=ports)
    task = ecs.run_task(cluster=cluster, taskDefinition=name)["tasks"][0]["taskArn"]
    assert agent.remaining() == {"CPU": 700, "MEMORY": 800, "PORTS": [22, 8080], "PORTS_UDP": [53, 514]}
    agent.runs(task)
    assert agent.describe()["runningTasksCount"] == 1
    ecs.stop_task(cluster=cluster, task=task)
    assert agent.remaining()["CPU"] == 700, "a task holds what it has until its agent says that it ended"
    agent.stops(task)
    assert agent.remaining() == {"CPU": 1000, "MEMORY": 1000, "PORTS": [22], "PORTS_UDP": [53]}
    assert agent.describe()["runningTasksCount"] == 0


def test_soft_memory_limit_is_what_is_reserved(ecs, agent, name):
    register(ecs, name, memory=1000, memoryReservation=100)
    ecs.run_task(cluster=agent.cluster, taskDefinition=name)
    assert agent.remaining()["MEMORY"] == 8192 - 100


def test_size_of_the_task_is_reserved_before_its_containers(ecs, agent, name):
    ecs.register_task_definition(family=name, cpu="1 vCPU", memory="2GB", networkMode="host", containerDefinitions=[CONTAINER])
    ecs.run_task(cluster=agent.cluster, taskDefinition=name)
    assert (agent.remaining()["CPU"], agent.remaining()["MEMORY"]) == (4096 - 1024, 8192 - 2048)


def test_every_version_of_the_ledger_is_counted(ecs, agent, family):
    before = agent.describe()["version"]
    ecs.run_task(cluster=agent.cluster, taskDefinition=family)
    assert agent.describe()["version"] == before + 1


def test_lack_of_cpu_is_named(ecs, cluster, name):
    agent = Agent(ecs, cluster).register(cpu=256)
    register(ecs, name, cpu=257)
    assert reason(ecs, agent, name) == "RESOURCE:CPU"


def test_lack_of_memory_is_named(ecs, cluster, name):
    agent = Agent(ecs, cluster).register(memory=128)
    register(ecs, name, memory=129)
    assert reason(ecs, agent, name) == "RESOURCE:MEMORY"


@pytest.mark.parametrize("protocol, kept", [("tcp", {"tcp": [8080]}), ("udp", {"udp": [8080]})])
def test_port_that_the_host_keeps_is_named(ecs, cluster, name, protocol, kept):
    agent = Agent(ecs, cluster).register(**kept)
    register(ecs, name, portMappings=mapped(8080, protocol))
    assert reason(ecs, agent, name) == "RESOURCE:PORTS"


def test_two_tasks_do_not_share_a_port(ecs, agent, name):
    register(ecs, name, portMappings=mapped(8080))
    answer = ecs.run_task(cluster=agent.cluster, taskDefinition=name, count=2)
    assert len(answer["tasks"]) == 1
    assert [failure["reason"] for failure in answer["failures"]] == ["RESOURCE:PORTS"]
    agent.runs(answer["tasks"][0]["taskArn"])
    agent.stops(answer["tasks"][0]["taskArn"])
    assert len(ecs.run_task(cluster=agent.cluster, taskDefinition=name)["tasks"]) == 1


def test_same_number_of_tcp_and_udp_are_two_ports(ecs, agent, name):
    register(ecs, name, portMappings=mapped(5353))
    register(ecs, name + "-udp", portMappings=mapped(5353, "udp"))
    for family in [name, name + "-udp"]:
        assert len(ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"]) == 1


def test_port_that_an_agent_chose_is_taken(ecs, agent, name):
    register(ecs, name, networkMode="bridge", portMappings=[{"containerPort": 80}])
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=name)["tasks"][0]["taskArn"]
    chosen = {"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 49200, "protocol": "tcp"}
    agent.report(task, "RUNNING", change("RUNNING", networkBindings=[chosen]))
    assert 49200 in agent.remaining()["PORTS"]
    register(ecs, name + "-static", networkMode="bridge", portMappings=mapped(49200))
    assert reason(ecs, agent, name + "-static") == "RESOURCE:PORTS"
    agent.stops(task)
    assert 49200 not in agent.remaining()["PORTS"]


def test_missing_attribute_is_named(ecs, cluster, name):
    agent = Agent(ecs, cluster)
    agent.instance = ecs.register_container_instance(
        cluster=cluster,
        totalResources=[
            {"name": "CPU", "type": "INTEGER", "integerValue": 1024},
            {"name": "MEMORY", "type": "INTEGER", "integerValue": 1024},
        ],
        attributes=[{"name": capability} for capability in CAPABILITIES if "privileged" not in capability],
    )["containerInstance"]["containerInstanceArn"]
    register(ecs, name, privileged=True)
    assert reason(ecs, agent, name) == "ATTRIBUTE"


def test_full_cluster_starts_what_fits_and_says_why_not_the_rest(ecs, cluster, name):
    agents = [Agent(ecs, cluster).register(cpu=1024) for _ in range(2)]
    register(ecs, name, cpu=512)
    answer = ecs.run_task(cluster=cluster, taskDefinition=name, count=10)
    assert len(answer["tasks"]) == 4
    assert {failure["reason"] for failure in answer["failures"]} == {"RESOURCE:CPU"}
    assert {failure["arn"] for failure in answer["failures"]} == {agent.instance for agent in agents}
    assert [agent.remaining()["CPU"] for agent in agents] == [0, 0]


def test_concurrent_calls_never_overbook(ecs, berth, cluster, name):
    agent = Agent(ecs, cluster).register(cpu=1024)
    register(ecs, name, cpu=100)
    clients = [berth.client("ecs") for _ in range(4)]

    def run(number):
        client = clients[number % len(clients)]
        return client.run_task(cluster=cluster, taskDefinition=name, count=2)["tasks"]

    with ThreadPoolExecutor(len(clients)) as pool:
        started = [task for tasks in pool.map(run, range(12)) for task in tasks]
    assert len(started) == 10
    assert agent.remaining()["CPU"] == 24
