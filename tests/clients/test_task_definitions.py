"""RegisterTaskDefinition, DescribeTaskDefinition, lists, DeregisterTaskDefinition, DeleteTaskDefinitions."""

import pytest

from conftest import CONTAINER

ARN = "arn:aws:ecs:us-east-1:000000000000:task-definition/"

WEB = {
    "name": "web",
    "image": "nginx:1.27",
    "cpu": 256,
    "memory": 512,
    "memoryReservation": 128,
    "essential": True,
    "portMappings": [{"containerPort": 80, "hostPort": 8080, "protocol": "tcp", "name": "http", "appProtocol": "http"}],
    "environment": [{"name": "STAGE", "value": "prod"}],
    "entryPoint": ["/docker-entrypoint.sh"],
    "command": ["nginx", "-g", "daemon off;"],
    "dependsOn": [{"containerName": "init", "condition": "SUCCESS"}],
    "mountPoints": [{"sourceVolume": "site", "containerPath": "/usr/share/nginx/html", "readOnly": True}],
    "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
    "healthCheck": {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 30, "timeout": 5, "retries": 3},
    "linuxParameters": {"initProcessEnabled": True},
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "web", "awslogs-region": "us-east-1"}},
    "stopTimeout": 20,
    "user": "101:101",
    "workingDirectory": "/srv",
}
INIT = {"name": "init", "image": "busybox", "memory": 64, "essential": False}


def test_definition_comes_back_as_it_was_given(ecs, name):
    given = {
        "family": name,
        "containerDefinitions": [WEB, INIT],
        "volumes": [{"name": "site", "host": {"sourcePath": "/srv/site"}}],
        "networkMode": "bridge",
        "cpu": "1024",
        "memory": "2048",
        "requiresCompatibilities": ["EC2"],
        "placementConstraints": [{"type": "memberOf", "expression": "attribute:disk == ssd"}],
        "taskRoleArn": "arn:aws:iam::000000000000:role/web",
        "executionRoleArn": "arn:aws:iam::000000000000:role/start",
    }
    answer = ecs.register_task_definition(**given)["taskDefinition"]
    assert answer["taskDefinitionArn"] == f"{ARN}{name}:1"
    assert (answer["revision"], answer["status"], answer["compatibilities"]) == (1, "ACTIVE", ["EC2"])
    assert answer["registeredBy"] == "arn:aws:iam::000000000000:root" and "registeredAt" in answer
    for member in ["volumes", "placementConstraints", "networkMode", "cpu", "memory", "taskRoleArn", "executionRoleArn"]:
        assert answer[member] == given[member], member
    web, init = answer["containerDefinitions"]
    assert {member: web[member] for member in WEB} == WEB
    assert (init["cpu"], init["essential"]) == (0, False)
    for empty in ["portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"]:
        assert init[empty] == [], empty
    required = {attribute["name"] for attribute in answer["requiresAttributes"]}
    assert "com.amazonaws.ecs.capability.logging-driver.awslogs" in required
    assert "com.amazonaws.ecs.capability.task-iam-role" in required
    told = ecs.describe_task_definition(taskDefinition=name)
    assert told["taskDefinition"] == answer and told["tags"] == []


def test_revisions_count_up_and_numbers_are_never_used_again(ecs, family):
    again = [ecs.register_task_definition(family=family, containerDefinitions=[CONTAINER]) for _ in range(2)]
    assert [answer["taskDefinition"]["revision"] for answer in again] == [2, 3]
    ecs.deregister_task_definition(taskDefinition=f"{family}:3")
    ecs.delete_task_definitions(taskDefinitions=[f"{family}:3"])
    assert ecs.register_task_definition(family=family, containerDefinitions=[CONTAINER])["taskDefinition"]["revision"] == 4


def test_family_alone_means_its_newest_active_revision(ecs, family):
    ecs.register_task_definition(family=family, containerDefinitions=[CONTAINER])

    def revision(text):
        return ecs.describe_task_definition(taskDefinition=text)["taskDefinition"]["revision"]

    assert [revision(family), revision(f"{family}:1"), revision(f"{ARN}{family}:1"), revision(ARN + family)] == [2, 1, 1, 2]
    ecs.deregister_task_definition(taskDefinition=f"{family}:2")
    assert [revision(family), revision(f"{family}:2")] == [1, 2]


def test_tags_are_described_when_asked_for(ecs, name):
    tags = [{"key": "team", "value": "blue"}]
    answer = ecs.register_task_definition(family=name, containerDefinitions=[CONTAINER], tags=tags)
    assert answer["tags"] == tags
    assert ecs.describe_task_definition(taskDefinition=name)["tags"] == []
    assert ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])["tags"] == tags


def test_life_of_a_revision(ecs, family, refused):
    first = f"{family}:1"
    gone = ecs.deregister_task_definition(taskDefinition=first)["taskDefinition"]
    assert gone["status"] == "INACTIVE" and "deregisteredAt" in gone
    assert ecs.deregister_task_definition(taskDefinition=first)["taskDefinition"] == gone
    assert ecs.describe_task_definition(taskDefinition=first)["taskDefinition"]["status"] == "INACTIVE"
    assert refused(ecs.describe_task_definition, taskDefinition=family)[0] == "ClientException"
    deleted = ecs.delete_task_definitions(taskDefinitions=[first])
    assert deleted["failures"] == []
    assert deleted["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    assert "deleteRequestedAt" in deleted["taskDefinitions"][0]


def test_active_unknown_and_misnamed_revisions_are_not_deleted(ecs, family):
    answer = ecs.delete_task_definitions(taskDefinitions=[f"{family}:1", f"{family}:9", family])
    assert answer["taskDefinitions"] == []
    assert [failure["arn"] for failure in answer["failures"]] == [f"{family}:1", f"{family}:9", family]
    texts = [failure["reason"] for failure in answer["failures"]]
    assert "still in ACTIVE status" in texts[0] and "does not exist" in texts[1] and "is invalid" in texts[2]


def test_revisions_are_listed_by_family_status_and_order(ecs, name):
    for family in [name, name, name, name + "-other"]:
        ecs.register_task_definition(family=family, containerDefinitions=[CONTAINER])
    ecs.deregister_task_definition(taskDefinition=f"{name}:2")

    def listed(**filters):
        arns = ecs.list_task_definitions(familyPrefix=name, **filters)["taskDefinitionArns"]
        return [int(arn.rsplit(":", 1)[1]) for arn in arns]

    assert listed() == [1, 3]
    assert listed(sort="DESC") == [3, 1]
    assert listed(status="INACTIVE") == [2]
    assert listed(status="DELETE_IN_PROGRESS") == []


def test_families_are_listed_by_prefix_and_status(ecs, name):
    for family in [name, name + "-a", name + "-b"]:
        ecs.register_task_definition(family=family, containerDefinitions=[CONTAINER])
    ecs.deregister_task_definition(taskDefinition=f"{name}-a:1")

    def listed(**filters):
        return ecs.list_task_definition_families(familyPrefix=name, **filters)["families"]

    assert listed() == listed(status="ALL") == [name, name + "-a", name + "-b"]
    assert listed(status="ACTIVE") == [name, name + "-b"]
    assert listed(status="INACTIVE") == [name + "-a"]


def test_fargate_definition_computes_its_compatibilities(ecs, name):
    answer = ecs.register_task_definition(
        family=name,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu=".25 vCPU",
        memory="1 GB",
        containerDefinitions=[{"name": "main", "image": "busybox"}],
        runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    )["taskDefinition"]
    assert (answer["cpu"], answer["memory"]) == ("256", "1024")
    assert {"EC2", "FARGATE"} <= set(answer["compatibilities"])
    assert answer["requiresCompatibilities"] == ["FARGATE"]


FARGATE = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}


@pytest.mark.parametrize(
    "members, text",
    [
        ({"containerDefinitions": []}, "Container"),
        ({"containerDefinitions": [{"image": "busybox", "memory": 64}]}, "Container.name should not be null or empty."),
        ({"containerDefinitions": [{"name": "main", "memory": 64}]}, "Container.image should not be null or empty."),
        ({"containerDefinitions": [{"name": "main", "image": "busybox"}]}, "'memory' or 'memoryReservation'"),
        ({"containerDefinitions": [CONTAINER, CONTAINER]}, "Container names must be unique within a task definition."),
        ({"containerDefinitions": [CONTAINER | {"essential": False}]}, "essential"),
        ({"containerDefinitions": [CONTAINER | {"memory": 3}]}, "'memory'"),
        ({"family": "with space"}, "Family contains invalid characters."),
        ({"family": "x" * 256}, "255"),
        ({"cpu": "100"}, "'cpu' setting for task"),
        ({"memory": "much"}, "'memory' setting for task"),
        ({"placementConstraints": [{"type": "memberOf", "expression": "("}]}, "constraint.expression"),
        (
            {"containerDefinitions": [CONTAINER | {"mountPoints": [{"sourceVolume": "none", "containerPath": "/x"}]}]},
            "Unknown volume 'none'.",
        ),
        (
            {"containerDefinitions": [CONTAINER | {"dependsOn": [{"containerName": "main", "condition": "START"}]}]},
            "cycle",
        ),
        (
            {
                "containerDefinitions": [
                    CONTAINER | {"name": a, "dependsOn": [{"containerName": b, "condition": "START"}]}
                    for a, b in ["ab", "ba"]
                ]
            },
            "cycle",
        ),
        (
            {
                "containerDefinitions": [
                    CONTAINER | {"name": name, "portMappings": [{"containerPort": 80, "hostPort": 80}]}
                    for name in ["a", "b"]
                ]
            },
            "80",
        ),
        (FARGATE | {"memory": "300"}, "No Fargate configuration exists for given values"),
        (FARGATE | {"cpu": "512", "memory": "512"}, "No Fargate configuration exists for given values"),
        (FARGATE | {"networkMode": "bridge"}, "Fargate only supports network mode"),
        (FARGATE | {"containerDefinitions": [CONTAINER | {"privileged": True}]}, "privileged"),
    ],
)
def test_definition_that_cannot_be_is_refused(ecs, name, refused, members, text):
    code, said = refused(
        ecs.register_task_definition, **({"family": name, "containerDefinitions": [CONTAINER]} | members)
    )
    assert code == "ClientException" and text in said, said


def unsupported(field):
    return f"Fargate compatible task definitions do not support {field}"


AWSLOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-region": "us-east-1"}}
ROLE = "arn:aws:iam::000000000000:role/execution"


@pytest.mark.parametrize(
    "task, container, text",
    [
        ({"networkMode": "host"}, {}, "Fargate only supports network mode ‘awsvpc’."),
        ({"ipcMode": "task"}, {}, "Tasks using the Fargate launch type do not support ipcMode."),
        ({"pidMode": "host"}, {}, "The supported value for pidMode is 'task'."),
        ({"volumes": [{"name": "v", "host": {"sourcePath": "/srv"}}]}, {}, unsupported("sourcePath")),
        (
            {"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "task"}}]},
            {},
            unsupported("dockerVolumeConfiguration"),
        ),
        (
            {"placementConstraints": [{"type": "memberOf", "expression": "attribute:a == b"}]},
            {},
            unsupported("constraints"),
        ),
        ({}, {"links": ["main"]}, "Links are not supported when networkMode=awsvpc."),
        ({}, {"hostname": "h"}, "hostname is not supported on container when networkMode=awsvpc."),
        ({}, {"privileged": True}, "Fargate requires that the ‘privileged’ setting be ‘false’ at the container level."),
        ({}, {"dockerSecurityOptions": ["no-new-privileges"]}, unsupported("dockerSecurityOptions")),
        ({}, {"linuxParameters": {"devices": [{"hostPath": "/dev/fuse"}]}}, unsupported("devices")),
        ({}, {"linuxParameters": {"sharedMemorySize": 64}}, unsupported("sharedMemorySize")),
        ({}, {"linuxParameters": {"maxSwap": 64}}, unsupported("maxSwap")),
        ({}, {"linuxParameters": {"swappiness": 1}}, unsupported("swappiness")),
        ({}, {"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}}, "NET_ADMIN is not allowed on Fargate."),
        ({}, {"stopTimeout": 1}, "must be at least 2 seconds."),
        ({}, {"stopTimeout": 121}, "must have a container stop timeout of less than 120 seconds."),
        ({}, {"logConfiguration": {"logDriver": "json-file"}}, "Must be one of [awslogs,splunk,awsfirelens]"),
        ({}, {"logConfiguration": AWSLOGS}, "to have execution role ARN to support log driver awslogs."),
        ({"executionRoleArn": ROLE}, {"logConfiguration": AWSLOGS}, "awslogs-stream-prefix to support log driver awslogs."),
        (
            {},
            {"image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/app"},
            "to have execution role ARN to support ECR images.",
        ),
        (
            {},
            {"resourceRequirements": [{"type": "GPU", "value": "1"}]},
            "Tasks using the Fargate launch type do not support GPU resource requirements.",
        ),
    ],
)
def test_fargate_definition_that_asks_for_more_than_there_is_is_refused(ecs, name, refused, task, container, text):
    definition = FARGATE | task | {"family": name, "containerDefinitions": [CONTAINER | container]}
    code, said = refused(ecs.register_task_definition, **definition)
    assert code == "ClientException" and said.endswith(text), said


def test_fargate_definition_may_trace_share_processes_and_take_its_time(ecs, name):
    linux = {"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}, "initProcessEnabled": True}
    container = CONTAINER | {"linuxParameters": linux, "stopTimeout": 120}
    answer = ecs.register_task_definition(
        **FARGATE, family=name, pidMode="task", containerDefinitions=[container], volumes=[{"name": "scratch"}]
    )
    assert "FARGATE" in answer["taskDefinition"]["compatibilities"]


def test_deregistering_wants_a_revision_that_is_there(ecs, family, refused):
    assert refused(ecs.deregister_task_definition, taskDefinition=family) == ("ClientException", "Revision is missing.")
    assert refused(ecs.deregister_task_definition, taskDefinition=f"{family}:9") == (
        "ClientException",
        "The specified task definition does not exist.",
    )


def test_refused_definition_takes_no_revision(ecs, family, refused):
    refused(ecs.register_task_definition, family=family, containerDefinitions=[CONTAINER | {"memory": 1}])
    assert ecs.register_task_definition(family=family, containerDefinitions=[CONTAINER])["taskDefinition"]["revision"] == 2
