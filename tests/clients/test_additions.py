"""What Berth adds to AWS's API: for clients that know it, and for those that never meet it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ParamValidationError

from installation import SURROUNDINGS
from operations import model

AWS = Path(sys.executable).with_name("aws")
LOG = {"logDriver": "json-file", "options": {"max-size": "1m"}}


@pytest.fixture(scope="module")
def told(berth):
    """The variables of `berth env --additions`."""
    return json.loads(berth.run("env", "--json", "--additions").stdout)


@pytest.fixture(scope="module")
def aware(berth):
    return berth.aware()


@pytest.fixture
def service(ecs, cluster, family):
    ecs.create_service(cluster=cluster, serviceName="web", taskDefinition=family, desiredCount=0)
    return {"cluster": cluster, "service": "web"}


def overrides(**members):
    return {"containerOverrides": [{"name": "main"} | members]}


def images(ecs, name):
    found = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]["containerDefinitions"]
    return [container["image"] for container in found]


def unknown(shape, value, path=""):
    """The members of an answer that AWS's model does not have."""
    if shape.type_name == "structure":
        for name, member in value.items():
            if name in shape.members:
                yield from unknown(shape.members[name], member, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif shape.type_name == "list":
        for element in value:
            yield from unknown(shape.member, element, path)


def test_whoever_does_not_know_additions_is_answered_without_them(door, agent, family, service):
    """Every member of every answer is in AWS's model."""
    here = {"cluster": agent.cluster}
    run = here | {"taskDefinition": family, "overrides": overrides(command=["env"], cpu=64)}
    ran = json.loads(door.ecs("RunTask", run).body)
    started = door.ecs("StartTask", run | {"containerInstances": [agent.instance]}).body
    tasks = [task["taskArn"] for task in ran["tasks"]]
    answers = {
        "RunTask": json.dumps(ran),
        "StartTask": started,
        "DescribeTasks": door.ecs("DescribeTasks", here | {"tasks": tasks}).body,
        "CreateService": door.ecs("CreateService", here | {"serviceName": "more", "taskDefinition": family, "desiredCount": 0}).body,
        "UpdateService": door.ecs("UpdateService", service | {"desiredCount": 0, "taskDefinition": family}).body,
        "DescribeServices": door.ecs("DescribeServices", here | {"services": ["web"]}).body,
        "DescribeTaskDefinition": door.ecs("DescribeTaskDefinition", {"taskDefinition": family}).body,
    }
    for operation, answer in answers.items():
        document = json.loads(answer)
        assert list(unknown(model("ecs").operation_model(operation).output_shape, document)) == [], operation
    assert ran["tasks"][0]["overrides"]["containerOverrides"] == [{"name": "main", "command": ["env"], "cpu": 64}]


def test_task_is_described_with_what_it_runs(ecs, aware, agent, family):
    said = {"berthImage": "busybox:2", "berthEntryPoint": ["sh", "-c"], "berthLogConfiguration": LOG}
    answer = aware.run_task(cluster=agent.cluster, taskDefinition=family, overrides=overrides(**said))
    assert answer["failures"] == []
    (task,) = answer["tasks"]
    assert task["overrides"]["containerOverrides"] == [{"name": "main"} | said]
    assert task["containers"][0]["image"] == "busybox:2"
    named = {"cluster": agent.cluster, "tasks": [task["taskArn"]]}
    assert aware.describe_tasks(**named)["tasks"] == [task]
    # Who does not know them sees all else.
    (plain,) = ecs.describe_tasks(**named)["tasks"]
    assert plain["overrides"]["containerOverrides"] == [{"name": "main"}]
    assert plain["containers"] == task["containers"]
    assert images(ecs, family) == ["busybox"]
    started = aware.start_task(
        cluster=agent.cluster, taskDefinition=family, containerInstances=[agent.instance], overrides=overrides(**said)
    )
    assert started["tasks"][0]["overrides"] == task["overrides"]


def test_log_driver_of_an_override_decides_where_the_task_goes(aware, agent, family):
    """The instance has awslogs and json-file. A driver that it lacks is none that acts; `none` is one that it lacks."""
    parameters = {"cluster": agent.cluster, "taskDefinition": family}
    answer = aware.run_task(**parameters, overrides=overrides(berthLogConfiguration={"logDriver": "none"}))
    assert [failure["reason"] for failure in answer["failures"]] == ["ATTRIBUTE"] and answer["tasks"] == []
    assert aware.run_task(**parameters, overrides=overrides(berthLogConfiguration=LOG))["failures"] == []


@pytest.mark.parametrize(
    "said, code, message",
    [
        ({"berthImage": "a b"}, "ClientException", "Container.image contains invalid characters."),
        (
            {"berthLogConfiguration": {"logDriver": "awslogs"}},
            "ClientException",
            "Log driver awslogs requires options: awslogs-region, awslogs-group",
        ),
        (
            {"berthSecrets": [{"name": "A", "valueFrom": "a"}]},
            "ClientException",
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
        ),
    ],
)
def test_overrides_are_refused_as_definitions_are(aware, agent, family, refused, said, code, message):
    parameters = {"cluster": agent.cluster, "taskDefinition": family, "overrides": overrides(**said)}
    assert refused(aware.run_task, **parameters) == (code, message)
    assert refused(aware.start_task, containerInstances=[agent.instance], **parameters) == (code, message)


def test_secrets_are_refused_by_name(aware, agent, family, refused):
    role = {"executionRoleArn": "arn:aws:iam::000000000000:role/web"}
    given = overrides(berthSecrets=[{"name": "A", "valueFrom": "a"}]) | role
    code, message = refused(aware.run_task, cluster=agent.cluster, taskDefinition=family, overrides=given)
    assert code == "UnsupportedFeatureException"
    assert message.endswith("with these overrides uses what is not supported yet: secrets of container 'main'.")


def test_images_alone_register_a_revision_and_deploy_it(ecs, aware, service, family):
    for _ in range(2):
        told = aware.update_service(**service, berthImages={"main": "busybox:2"})["service"]
        assert told["taskDefinition"].endswith(f"{family}:2")
    assert images(ecs, family) == ["busybox:2"]
    made = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    assert made["registeredBy"] == "arn:aws:iam::000000000000:root"


def test_images_of_no_container_are_refused_and_register_nothing(ecs, aware, service, family, refused):
    assert refused(aware.update_service, **service, berthImages={"main": "busybox:2", "db": "x"}) == (
        "InvalidParameterException",
        "Image for container named db is not a container in the TaskDefinition.",
    )
    assert refused(aware.update_service, **service, berthImages={"main": ""})[0] == "ClientException"
    assert images(ecs, family) == ["busybox"]


def test_images_are_for_services_that_ecs_deploys(ecs, aware, cluster, refused):
    ecs.create_service(cluster=cluster, serviceName="sets", deploymentController={"type": "EXTERNAL"}, desiredCount=0)
    code, message = refused(aware.update_service, cluster=cluster, service="sets", berthImages={"main": "busybox:2"})
    assert code == "InvalidParameterException" and message.startswith("Unable to update images on services with a EXTERNAL")


def test_service_asks_for_its_images_before_its_tasks_until_it_does_not(ecs, aware, cluster, family):
    here, own = {"cluster": cluster, "services": ["web"]}, {"cluster": cluster, "service": "web"}

    def told(client=aware):
        return client.describe_services(**here)["services"][0].get("berthPullAhead")

    made = {"cluster": cluster, "serviceName": "web", "taskDefinition": family, "desiredCount": 0}
    assert aware.create_service(**made, berthPullAhead=True)["service"]["berthPullAhead"] is True
    # The same call makes the same service; without it, it is another one.
    assert aware.create_service(**made, berthPullAhead=True)["service"]["serviceName"] == "web"
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.create_service(**made)
    ecs.update_service(**own, desiredCount=0, forceNewDeployment=True)
    assert (told(), told(ecs)) == (True, None), "who does not know it changes nothing of it"
    assert "berthPullAhead" not in aware.update_service(**own, berthPullAhead=False)["service"]
    assert told() is None
    deployments = len(aware.list_service_deployments(**own)["serviceDeployments"])
    assert aware.update_service(**own, berthPullAhead=True)["service"]["berthPullAhead"] is True
    assert len(aware.list_service_deployments(**own)["serviceDeployments"]) == deployments, "nothing is deployed for it"


def test_service_of_task_sets_can_ask_for_images_too(aware, cluster):
    sets = {"cluster": cluster, "serviceName": "sets", "deploymentController": {"type": "EXTERNAL"}, "desiredCount": 0}
    assert aware.create_service(**sets, berthPullAhead=True)["service"]["berthPullAhead"] is True


def test_event_handler_says_them_without_the_file(berth, service, family, ecs):
    """The lines of docs/clients/additions.md."""
    ecs_of_mine = berth.client("ecs")
    with pytest.raises(ParamValidationError):
        ecs_of_mine.update_service(**service, berthImages={"main": "busybox:2"})

    def add(params, **_):
        params["body"] = json.dumps(json.loads(params["body"]) | {"berthImages": {"main": "busybox:2"}}).encode()

    ecs_of_mine.meta.events.register("before-call.ecs.UpdateService", add)
    told = ecs_of_mine.update_service(**service)["service"]
    assert told["taskDefinition"].endswith(f"{family}:2") and images(ecs, family) == ["busybox:2"]


def test_aws_cli_knows_them_by_the_file(told, tmp_path, ecs, agent, service, family):
    surroundings = SURROUNDINGS | told | {"HOME": str(tmp_path), "AWS_PAGER": ""}

    def aws(*words):
        command = [AWS, "ecs", *words, "--cluster", agent.cluster]
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=120, check=False)

    done = aws("update-service", "--service", "web", "--berth-images", "main=busybox:2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["service"]["taskDefinition"].endswith(f"{family}:2")
    said = json.dumps(overrides(berthImage="busybox:3"))
    done = aws("run-task", "--task-definition", family, "--overrides", said)
    assert done.returncode == 0, done.stderr
    (task,) = json.loads(done.stdout)["tasks"]
    assert task["overrides"]["containerOverrides"] == json.loads(said)["containerOverrides"]
    assert task["containers"][0]["image"] == "busybox:3"


def test_files_of_additions_go_with_the_data_folder(fresh):
    installation = fresh().start()
    folder = Path(json.loads(installation.run("env", "--json", "--additions").stdout)["AWS_DATA_PATH"])
    assert folder == installation.folder / "models" and any(folder.rglob("*.json"))
    assert "AWS_DATA_PATH" not in installation.environment()
    installation.run("down", "--purge", "--yes")
    assert not installation.folder.exists()

