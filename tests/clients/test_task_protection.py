"""GetTaskProtection and UpdateTaskProtection of tasks that no service started, and what is wrong with a call."""

import pytest

ABSENT = "0" * 32


@pytest.fixture
def task(ecs, agent, family):
    return ecs.run_task(cluster=agent.cluster, taskDefinition=family)["tasks"][0]["taskArn"]


def test_only_tasks_of_services_are_protected(ecs, agent, task):
    for answer in [
        ecs.get_task_protection(cluster=agent.cluster, tasks=[task, ABSENT]),
        ecs.update_task_protection(cluster=agent.cluster, tasks=[task, ABSENT], protectionEnabled=True),
    ]:
        assert answer["protectedTasks"] == []
        assert [failure["reason"] for failure in answer["failures"]] == ["TASK_NOT_VALID", "MISSING"]
        assert answer["failures"][0]["arn"] == task


def test_calls_that_make_no_sense_are_refused(ecs, cluster, refused):
    update = {"cluster": cluster, "tasks": [ABSENT], "protectionEnabled": True}
    for minutes in (0, -1, 2881):
        code, text = refused(ecs.update_task_protection, **update, expiresInMinutes=minutes)
        assert code == "InvalidParameterException" and "between 1 and 2880" in text
    for operation, most in [(ecs.update_task_protection, 10), (ecs.get_task_protection, 100)]:
        members = {"cluster": cluster} | ({"protectionEnabled": True} if most == 10 else {})
        assert refused(operation, **members, tasks=[])[1] == "Tasks cannot be empty."
        assert refused(operation, **members, tasks=[ABSENT] * (most + 1))[1] == f"taskIds can have at most {most} items."
        members["cluster"] = "no-such-cluster"
        assert refused(operation, **members, tasks=[ABSENT])[0] == "ClusterNotFoundException"
