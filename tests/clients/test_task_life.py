"""A task from RunTask to its end, as its agent reports it: states, times, versions, codes and reasons."""

import threading

import pytest

from agent import change, now
from conftest import CONTAINER


def described(ecs, agent, task):
    return ecs.describe_tasks(cluster=agent.cluster, tasks=[task])["tasks"][0]


@pytest.fixture
def task(ecs, agent, family):
    return ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]["taskArn"]


@pytest.fixture
def pair(ecs, agent, name):
    """A task of two containers: `main`, which is essential, and `side`, which is not."""
    side = CONTAINER | {"name": "side", "essential": False}
    ecs.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER, side])
    return ecs.run_task(cluster=agent.cluster, taskDefinition=name)["tasks"][0]["taskArn"]


def test_task_runs_and_ends_by_itself(ecs, agent, task):
    agent.runs(task)
    running = described(ecs, agent, task)
    assert (running["lastStatus"], running["desiredStatus"], running["connectivity"]) == ("RUNNING", "RUNNING", "CONNECTED")
    assert running["containers"][0]["lastStatus"] == "RUNNING"
    agent.stops(task, exit_code=3)
    over = described(ecs, agent, task)
    assert (over["lastStatus"], over["desiredStatus"]) == ("STOPPED", "STOPPED")
    assert (over["stopCode"], over["stoppedReason"]) == ("EssentialContainerExited", "Essential container in task exited")
    assert (over["containers"][0]["lastStatus"], over["containers"][0]["exitCode"]) == ("STOPPED", 3)
    order = ["createdAt", "pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "stoppedAt"]
    times = [over[time] for time in order]
    assert times == sorted(times)
    assert over["startedAt"] <= over["executionStoppedAt"] <= over["stoppedAt"]
    assert over["createdAt"] <= over["connectivityAt"] <= over["stoppedAt"]
    assert 1 < running["version"] < over["version"]


def test_stopped_task_ends_when_its_agent_says_so(ecs, agent, task):
    agent.runs(task)
    stopping = ecs.stop_task(cluster=agent.cluster, task=task, reason="deploy 7")["task"]
    assert (stopping["lastStatus"], stopping["desiredStatus"]) == ("STOPPING", "STOPPED")
    assert (stopping["stopCode"], stopping["stoppedReason"]) == ("UserInitiated", "deploy 7")
    assert "stoppingAt" in stopping and "stoppedAt" not in stopping
    agent.stops(task, exit_code=143)
    over = described(ecs, agent, task)
    assert over["lastStatus"] == "STOPPED" and over["containers"][0]["exitCode"] == 143
    assert (over["stopCode"], over["stoppedReason"]) == ("UserInitiated", "deploy 7")


def test_stop_without_a_reason_has_one(ecs, agent, task):
    assert ecs.stop_task(cluster=agent.cluster, task=task)["task"]["stoppedReason"] == "Task stopped by user"


def test_stopping_twice_changes_nothing(ecs, agent, task):
    first = ecs.stop_task(cluster=agent.cluster, task=task, reason="first")["task"]
    assert ecs.stop_task(cluster=agent.cluster, task=task, reason="second")["task"] == first
    agent.stops(task)
    over = described(ecs, agent, task)
    assert ecs.stop_task(cluster=agent.cluster, task=task, reason="third")["task"] == over


def test_task_stopped_before_it_ran_never_shows_as_running(ecs, agent, task):
    assert ecs.stop_task(cluster=agent.cluster, task=task)["task"]["lastStatus"] == "PENDING"
    agent.runs(task)
    late = described(ecs, agent, task)
    assert late["lastStatus"] != "RUNNING" and late["desiredStatus"] == "STOPPED"
    agent.stops(task)
    assert described(ecs, agent, task)["stopCode"] == "UserInitiated"


def test_repeated_report_changes_nothing(ecs, agent, task):
    when = now()
    for _ in range(3):
        agent.report(task, "RUNNING", change("RUNNING", runtimeId="abc"), pullStartedAt=when, pullStoppedAt=when)
    assert described(ecs, agent, task)["version"] == 2


def test_late_report_brings_nothing_back(ecs, agent, task):
    agent.runs(task)
    agent.stops(task, exit_code=1)
    over = described(ecs, agent, task)
    agent.report(task, "RUNNING", change("RUNNING"))
    agent.report(task, "STOPPED", change("STOPPED", exitCode=99))
    assert described(ecs, agent, task) == over


def test_pending_report_carries_what_containers_did_so_far(ecs, agent, pair):
    agent.report(pair, "PENDING", change("RUNNING", "side", runtimeId="r1", imageDigest="sha256:" + "0" * 64))
    task = described(ecs, agent, pair)
    main, side = task["containers"]
    assert task["lastStatus"] == "PENDING" and main["lastStatus"] == "PENDING"
    assert (side["lastStatus"], side["runtimeId"], side["imageDigest"]) == ("RUNNING", "r1", "sha256:" + "0" * 64)


def test_one_request_may_hold_a_containers_whole_life(ecs, agent, task):
    agent.report(task, "RUNNING", change("RUNNING", runtimeId="r1"), change("STOPPED", exitCode=5, runtimeId="r1"))
    container = described(ecs, agent, task)["containers"][0]
    assert (container["lastStatus"], container["exitCode"]) == ("STOPPED", 5)
    agent.report(task, "STOPPED")
    over = described(ecs, agent, task)
    assert (over["lastStatus"], over["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert "startedAt" in over


def test_running_entry_may_carry_an_exit_code(ecs, agent, pair):
    agent.report(pair, "RUNNING", change("RUNNING"), change("RUNNING", "side", exitCode=0))
    agent.report(pair, "RUNNING", change("STOPPED", "side", exitCode=0))
    task = described(ecs, agent, pair)
    assert task["lastStatus"] == "RUNNING"
    assert [container.get("exitCode") for container in task["containers"]] == [None, 0]


def test_end_of_an_unessential_container_ends_no_task(ecs, agent, pair):
    agent.report(pair, "RUNNING", change("RUNNING"), change("RUNNING", "side"))
    agent.report(pair, "RUNNING", change("STOPPED", "side", exitCode=1))
    task = described(ecs, agent, pair)
    assert (task["lastStatus"], task["desiredStatus"]) == ("RUNNING", "RUNNING")


def test_end_of_an_essential_container_means_the_task_to_stop(ecs, agent, pair):
    agent.report(pair, "RUNNING", change("RUNNING"), change("RUNNING", "side"))
    agent.report(pair, "RUNNING", change("STOPPED", exitCode=2))
    task = described(ecs, agent, pair)
    assert (task["lastStatus"], task["desiredStatus"]) == ("STOPPING", "STOPPED")
    assert task["stopCode"] == "EssentialContainerExited"


def test_image_that_cannot_be_pulled_fails_the_start(ecs, agent, task):
    why = "CannotPullContainerError: no such image"
    agent.report(task, "STOPPED", change("STOPPED", reason=why), reason="Task failed to start")
    over = described(ecs, agent, task)
    assert (over["stopCode"], over["stoppedReason"]) == ("TaskFailedToStart", "Task failed to start")
    assert over["containers"][0]["reason"] == why and "exitCode" not in over["containers"][0]
    assert "startedAt" not in over


def test_ports_that_the_agent_chose_are_described(ecs, agent, name):
    ecs.register_task_definition(family=name, networkMode="host", containerDefinitions=[CONTAINER])
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=name)["tasks"][0]["taskArn"]
    binding = {"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 49153, "protocol": "tcp"}
    agent.report(task, "RUNNING", change("RUNNING", networkBindings=[binding]))
    assert described(ecs, agent, task)["containers"][0]["networkBindings"] == [binding]


def test_times_of_a_clock_that_is_wrong_stay_in_order(ecs, agent, task):
    wrong = {"pullStartedAt": "2001-01-01T00:00:00Z", "pullStoppedAt": "2101-01-01T00:00:00Z"}
    agent.report(task, "RUNNING", change("RUNNING"), **wrong)
    running = described(ecs, agent, task)
    assert running["createdAt"] <= running["pullStartedAt"] <= running["pullStoppedAt"] <= running["startedAt"]


def test_long_texts_of_agents_are_cut(ecs, agent, task):
    agent.report(task, "STOPPED", change("STOPPED", reason="x" * 3000, runtimeId="y" * 300), reason="z" * 3000)
    over = described(ecs, agent, task)
    assert len(over["stoppedReason"]) <= 1024 and len(over["containers"][0]["reason"]) <= 1024
    assert len(over["containers"][0]["runtimeId"]) <= 255


def test_containers_of_no_definition_are_overlooked(ecs, agent, task):
    agent.report(task, "RUNNING", change("RUNNING"), change("RUNNING", "~internal~ecs~pause"))
    assert [container["name"] for container in described(ecs, agent, task)["containers"]] == ["main"]


def test_waiters_of_boto3_see_tasks_run_and_stop(ecs, agent, family):
    tasks = [task["taskArn"] for task in ecs.run_task(cluster=agent.cluster, taskDefinition=family, count=2)["tasks"]]
    quick = {"Delay": 1, "MaxAttempts": 20}
    for waiter, report in [("tasks_running", agent.runs), ("tasks_stopped", agent.stops)]:
        reporting = threading.Timer(0.1, report, tasks)
        reporting.start()
        ecs.get_waiter(waiter).wait(cluster=agent.cluster, tasks=tasks, WaiterConfig=quick)
        reporting.join()


def test_unknown_task_is_reported_missing_or_refused(ecs, agent, task, refused):
    absent = "0" * 32
    answer = ecs.describe_tasks(cluster=agent.cluster, tasks=[absent, task])
    assert answer["failures"] == [{"arn": task.rsplit("/", 1)[0] + "/" + absent, "reason": "MISSING"}]
    assert len(answer["tasks"]) == 1
    assert refused(ecs.stop_task, cluster=agent.cluster, task=absent) == (
        "InvalidParameterException",
        "The referenced task was not found.",
    )


def test_task_definition_outlives_its_end_for_its_tasks(ecs, agent, family):
    task = ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]["taskArn"]
    ecs.deregister_task_definition(taskDefinition=f"{family}:1")
    ecs.delete_task_definitions(taskDefinitions=[f"{family}:1"])
    agent.runs(task)
    assert described(ecs, agent, task)["lastStatus"] == "RUNNING"
