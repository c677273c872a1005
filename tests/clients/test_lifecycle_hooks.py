"""Deployments that pause at lifecycle hooks until somebody says how they go on."""

from datetime import datetime, timedelta, timezone

import pytest

from conftest import CONTAINER
from deadline import eventually
from test_service_life import Life, is_stable

DAY = timedelta(days=1)


def pause(*stages, **timeout):
    hook = {"targetType": "PAUSE", "lifecycleStages": list(stages)}
    return hook | ({"timeoutConfiguration": timeout} if timeout else {})


def hooks(*given):
    return {"deploymentConfiguration": {"lifecycleHooks": list(given)}}


@pytest.fixture
def create(ecs, cluster, family):
    """Creates the service of the test, which finds no instance."""

    def create(**members):
        call = {"cluster": cluster, "serviceName": "web", "taskDefinition": family, "desiredCount": 1}
        return ecs.create_service(**call | members)["service"]

    return create


def record(ecs, arn):
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def paused(ecs, arn, stage):
    """The deployment's record once it is paused at the stage."""

    def ask():
        told = record(ecs, arn)
        waits = any(hook["status"] == "AWAITING_ACTION" for hook in told.get("lifecycleHookDetails", []))
        return told if waits and told["lifecycleStage"] == stage else None

    return eventually(ask, f"a pause at {stage}", within=60)


def awaiting(told):
    (hook,) = [hook for hook in told["lifecycleHookDetails"] if hook["status"] == "AWAITING_ACTION"]
    return hook


def test_hooks_are_described_as_given_until_others_take_their_places(ecs, cluster, create):
    given = [pause("PRE_SCALE_UP", "POST_SCALE_UP"), pause("RECONCILE_SERVICE", timeoutInMinutes=20160, action="CONTINUE")]
    made = create(**hooks(*given))
    assert made["deploymentConfiguration"]["lifecycleHooks"] == given
    update = {"cluster": cluster, "service": "web"}
    kept = ecs.update_service(**update, desiredCount=2)["service"]
    assert kept["deploymentConfiguration"]["lifecycleHooks"] == given
    assert record(ecs, made["currentServiceDeployment"])["deploymentConfiguration"]["lifecycleHooks"] == given
    gone = ecs.update_service(**update, **hooks())["service"]
    assert "lifecycleHooks" not in gone["deploymentConfiguration"]


def test_deployment_without_hooks_has_neither_stage_nor_details(ecs, create):
    told = record(ecs, create()["currentServiceDeployment"])
    assert "lifecycleStage" not in told and "lifecycleHookDetails" not in told


def test_paused_deployment_tells_its_hook_and_until_when(ecs, cluster, create):
    arn = create(**hooks(pause("PRE_SCALE_UP")))["currentServiceDeployment"]
    told = paused(ecs, arn, "PRE_SCALE_UP")
    hook = awaiting(told)
    assert hook["hookId"].startswith("ecs-pause-") and hook["targetType"] == "PAUSE" and "targetArn" not in hook
    assert (told["status"], hook["timeoutAction"]) == ("IN_PROGRESS", "ROLLBACK")
    assert told["createdAt"] + DAY <= hook["expiresAt"] <= datetime.now(timezone.utc) + DAY
    (service,) = ecs.describe_services(cluster=cluster, services=["web"])["services"]
    (event,) = [event["message"] for event in service["events"]]
    assert f"is paused at PRE_SCALE_UP and awaits an action on (hook {hook['hookId']})." in event


def test_deployment_goes_on_when_it_is_continued(ecs, create, refused):
    arn = create(**hooks(pause("PRE_SCALE_UP")))["currentServiceDeployment"]
    call = {"serviceDeploymentArn": arn, "hookId": awaiting(paused(ecs, arn, "PRE_SCALE_UP"))["hookId"]}
    assert ecs.continue_service_deployment(**call)["serviceDeploymentArn"] == arn
    told = eventually(lambda: (told := record(ecs, arn))["lifecycleStage"] == "SCALE_UP" and told, "the next stage", within=60)
    (hook,) = told["lifecycleHookDetails"]
    assert (told["status"], hook["status"]) == ("IN_PROGRESS", "SUCCEEDED")
    # A client that did not hear the answer asks again.
    assert ecs.continue_service_deployment(**call, action="CONTINUE")["serviceDeploymentArn"] == arn
    code, text = refused(ecs.continue_service_deployment, **call, action="ROLLBACK")
    assert (code, text) == ("InvalidParameterException", f"The lifecycle hook {call['hookId']} is SUCCEEDED and awaits no action.")


def test_first_deployment_that_is_rolled_back_has_nothing_to_go_back_to(ecs, create):
    arn = create(**hooks(pause("PRE_SCALE_UP")))["currentServiceDeployment"]
    hook = awaiting(paused(ecs, arn, "PRE_SCALE_UP"))["hookId"]
    ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, action="ROLLBACK")
    told = eventually(lambda: (told := record(ecs, arn))["status"] == "ROLLBACK_FAILED" and told, "its end", within=60)
    assert hook in told["statusReason"] and told["lifecycleHookDetails"][0]["status"] == "FAILED"


def test_pause_ends_with_its_deployment(ecs, cluster, create, refused):
    first = create(**hooks(pause("PRE_SCALE_UP")))["currentServiceDeployment"]
    hook = awaiting(paused(ecs, first, "PRE_SCALE_UP"))["hookId"]
    second = ecs.update_service(cluster=cluster, service="web", forceNewDeployment=True)["service"]["currentServiceDeployment"]
    assert record(ecs, first)["lifecycleHookDetails"][0]["status"] == "FAILED"
    code, text = refused(ecs.continue_service_deployment, serviceDeploymentArn=first, hookId=hook)
    assert (code, text) == ("InvalidParameterException", f"The lifecycle hook {hook} is FAILED and awaits no action.")
    assert awaiting(paused(ecs, second, "PRE_SCALE_UP"))["hookId"] != hook


def test_revision_before_serves_while_the_next_is_looked_at(ecs, cluster, family):
    life = Life(ecs, cluster, family)
    life.create(desiredCount=1)
    before = life.is_stable()
    ecs.register_task_definition(family=family, networkMode="host", containerDefinitions=[CONTAINER | {"cpu": 64}])
    arn = life.update(taskDefinition=family, **hooks(pause("PRE_SCALE_UP", "POST_SCALE_UP")))["currentServiceDeployment"]
    first = awaiting(paused(ecs, arn, "PRE_SCALE_UP"))["hookId"]
    (task,) = life.tasks()
    life.agent.stops(task["taskArn"])
    replaced = eventually(lambda: [one for one in life.tasks() if one["taskArn"] != task["taskArn"]], "another task", within=60)
    assert [one["taskDefinitionArn"] for one in replaced] == [before["taskDefinition"]]
    ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=first)

    def at_the_end():
        life.report()
        told = record(ecs, arn)
        return told if told["lifecycleStage"] == "POST_SCALE_UP" else None

    second = awaiting(eventually(at_the_end, "all of the new revision", within=60))["hookId"]
    assert [one["taskDefinitionArn"] for one in life.tasks()] != [before["taskDefinition"]] and second != first
    ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=second, action="ROLLBACK")
    told = life.until(lambda told: is_stable(told) and told["taskDefinition"] == before["taskDefinition"], "a rollback")
    assert told["currentServiceDeployment"] == arn and record(ecs, arn)["status"] == "ROLLBACK_SUCCESSFUL"


def test_what_is_not_there_cannot_be_continued(ecs, create, refused):
    arn = create(**hooks(pause("PRE_SCALE_UP")))["currentServiceDeployment"]
    call = ecs.continue_service_deployment
    code, text = refused(call, serviceDeploymentArn=arn, hookId="ecs-pause-none")
    assert code == "InvalidParameterException" and text.startswith("The service deployment has no lifecycle hook ecs-pause-none.")
    code, _ = refused(call, serviceDeploymentArn=arn.rsplit("/", 1)[0] + "/" + "0" * 32, hookId="any")
    assert code == "ServiceDeploymentNotFoundException"
    assert refused(call, serviceDeploymentArn="web", hookId="any")[0] == "InvalidParameterException"


def test_deployment_that_is_being_stopped_is_not_continued(ecs, create, refused):
    arn = create(**hooks(pause("PRE_SCALE_UP")))["currentServiceDeployment"]
    hook = awaiting(paused(ecs, arn, "PRE_SCALE_UP"))["hookId"]
    ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    code, text = refused(ecs.continue_service_deployment, serviceDeploymentArn=arn, hookId=hook)
    # As the service's loop has seen it, or not yet.
    said = {f"The lifecycle hook {hook} is FAILED and awaits no action.", "The service deployment is STOP_REQUESTED and cannot be continued."}
    assert code == "InvalidParameterException" and text in said


@pytest.mark.parametrize(
    "hook, code, text",
    [
        ({"lifecycleStages": ["PRE_SCALE_UP"]}, "UnsupportedFeatureException", "targetType AWS_LAMBDA, the default, is not supported"),
        (pause("POST_TEST_TRAFFIC_SHIFT"), "UnsupportedFeatureException", "rolling deployments have the stages RECONCILE_SERVICE,"),
        (pause("TEST_TRAFFIC_SHIFT"), "InvalidParameterException", "PAUSE hooks cannot be configured at the TEST_TRAFFIC_SHIFT stage."),
        (pause(), "InvalidParameterException", "lifecycleStages must have at least one item."),
        (pause("PRE_SCALE_UP") | {"hookTargetArn": "a"}, "InvalidParameterException", "cannot be given for a PAUSE hook."),
        (pause("PRE_SCALE_UP", timeoutInMinutes=0), "InvalidParameterException", "timeoutInMinutes"),
        (pause("PRE_SCALE_UP", timeoutInMinutes=20161), "InvalidParameterException", "timeoutInMinutes"),
    ],
)
def test_hook_that_would_never_act_is_refused(create, refused, unchecked, cluster, family, hook, code, text):
    call = {"cluster": cluster, "serviceName": "web", "taskDefinition": family, "desiredCount": 1}
    answered, said = refused(unchecked.create_service, **call, **hooks(hook))
    assert answered == code and text in said, said


def test_alarms_are_kept_where_they_are_off(create, refused):
    alarms = {"alarmNames": ["errors"], "rollback": True}
    code, text = refused(create, deploymentConfiguration={"alarms": alarms | {"enable": True}})
    assert code == "UnsupportedFeatureException" and "until there are CloudWatch alarms" in text
    made = create(deploymentConfiguration={"alarms": alarms | {"enable": False}})
    assert made["deploymentConfiguration"]["alarms"] == alarms | {"enable": False}
