"""Deployments of services, their revisions, and stopping them. In a cluster without instances a deployment stays on its way."""

from datetime import datetime, timezone

import pytest

from conftest import CONTAINER

ACCOUNT = "arn:aws:ecs:us-east-1:000000000000"


@pytest.fixture
def service(ecs, cluster, family):
    """A service that wants two tasks and finds no place for them."""
    return ecs.create_service(cluster=cluster, serviceName="web", taskDefinition=family, desiredCount=2)["service"]


def listed(ecs, cluster, **filters):
    return ecs.list_service_deployments(cluster=cluster, service="web", **filters)["serviceDeployments"]


def described(ecs, *arns):
    return ecs.describe_service_deployments(serviceDeploymentArns=list(arns))["serviceDeployments"]


def deploy(ecs, cluster):
    """Makes another deployment, and answers the ARN of its record."""
    call = {"cluster": cluster, "service": "web", "forceNewDeployment": True}
    return ecs.update_service(**call)["service"]["currentServiceDeployment"]


def test_deployment_is_described(ecs, service):
    arn = service["currentServiceDeployment"]
    (told,) = described(ecs, arn)
    assert (told["serviceDeploymentArn"], told["serviceArn"]) == (arn, service["serviceArn"])
    assert (told["clusterArn"], told["status"]) == (service["clusterArn"], "IN_PROGRESS")
    assert told["sourceServiceRevisions"] == [] and told["createdAt"] == told["startedAt"] <= told["updatedAt"]
    target = told["targetServiceRevision"]
    assert target["arn"] == service["currentServiceRevisions"][0]["arn"]
    assert (target["requestedTaskCount"], target["runningTaskCount"]) == (2, 0)
    assert told["deploymentConfiguration"] == service["deploymentConfiguration"]
    assert told["deploymentCircuitBreaker"] == {"status": "DISABLED", "failureCount": 0, "threshold": 3}


def test_newer_deployment_stops_the_one_before(ecs, cluster, service):
    first, second = service["currentServiceDeployment"], deploy(ecs, cluster)
    told = {one["serviceDeploymentArn"]: one for one in described(ecs, first, second)}
    assert (told[first]["status"], told[second]["status"]) == ("STOPPED", "IN_PROGRESS")
    assert "superseded" in told[first]["statusReason"] and told[first]["finishedAt"] == told[first]["stoppedAt"]


def test_deployments_are_listed_newest_first_in_pages(ecs, cluster, service):
    arns = [service["currentServiceDeployment"], *(deploy(ecs, cluster) for _ in range(4))]
    briefs = listed(ecs, cluster)
    assert {brief["serviceDeploymentArn"] for brief in briefs} == set(arns)
    created = [brief["createdAt"] for brief in briefs]
    assert created == sorted(created, reverse=True)
    first = ecs.list_service_deployments(cluster=cluster, service="web", maxResults=3)
    token = first["nextToken"]
    second = ecs.list_service_deployments(cluster=cluster, service="web", maxResults=3, nextToken=token)
    assert first["serviceDeployments"] + second["serviceDeployments"] == briefs and "nextToken" not in second


def test_deployments_are_listed_by_status_and_time(ecs, cluster, service):
    newest = deploy(ecs, cluster)
    assert [one["serviceDeploymentArn"] for one in listed(ecs, cluster, status=["IN_PROGRESS"])] == [newest]
    assert [one["status"] for one in listed(ecs, cluster, status=["STOPPED"])] == ["STOPPED"]
    # Clients send whole seconds.
    past, future = datetime(2000, 1, 1, tzinfo=timezone.utc), datetime(2100, 1, 1, tzinfo=timezone.utc)
    for window, count in [({"before": past}, 0), ({"before": future}, 2), ({"after": past}, 2), ({"after": future}, 0)]:
        assert len(listed(ecs, cluster, createdAt=window)) == count


def test_revision_says_what_tasks_are_made_from(ecs, service, family):
    arn = service["currentServiceRevisions"][0]["arn"]
    answer = ecs.describe_service_revisions(serviceRevisionArns=[arn])
    (told,) = answer["serviceRevisions"]
    assert (told["serviceRevisionArn"], told["serviceArn"]) == (arn, service["serviceArn"])
    assert (told["taskDefinition"], told["launchType"]) == (service["taskDefinition"], "EC2")
    assert told["containerImages"] == [{"containerName": "main", "image": CONTAINER["image"]}]
    assert answer["failures"] == []


def test_stopped_deployment_says_so_and_is_not_stopped_again(ecs, cluster, service, refused):
    first, second = service["currentServiceDeployment"], deploy(ecs, cluster)
    code, text = refused(ecs.stop_service_deployment, serviceDeploymentArn=first)
    assert (code, text) == ("ConflictException", "The service deployment is STOPPED and cannot be stopped.")
    answer = ecs.stop_service_deployment(serviceDeploymentArn=second, stopType="ABORT")
    assert answer["serviceDeploymentArn"] == second
    assert described(ecs, second)[0]["status"] in {"STOP_REQUESTED", "STOPPED"}


def test_deployment_of_a_deleted_service_is_stopped(ecs, cluster, service):
    ecs.delete_service(cluster=cluster, service="web", force=True)
    (told,) = described(ecs, service["currentServiceDeployment"])
    assert told["status"] == "STOPPED" and "deleted" in told["statusReason"]


def test_what_is_not_there_is_missed(ecs, cluster, service, refused):
    absent = f"{ACCOUNT}:service-deployment/{cluster}/web/{'0' * 32}"
    answer = ecs.describe_service_deployments(serviceDeploymentArns=[absent])
    assert answer["failures"] == [{"arn": absent, "reason": "MISSING"}]
    revision = f"{ACCOUNT}:service-revision/{cluster}/web/{'0' * 19}"
    answer = ecs.describe_service_revisions(serviceRevisionArns=[revision])
    assert answer["failures"] == [{"arn": revision, "reason": "MISSING"}]
    foreign = service["currentServiceDeployment"].replace("/web/", "/other/")
    assert ecs.describe_service_deployments(serviceDeploymentArns=[foreign])["failures"][0]["reason"] == "MISSING"
    code, _ = refused(ecs.stop_service_deployment, serviceDeploymentArn=absent)
    assert code == "ServiceDeploymentNotFoundException"
    code, _ = refused(ecs.list_service_deployments, cluster=cluster, service="absent")
    assert code == "ServiceNotFoundException"
    assert refused(ecs.list_service_deployments, cluster="absent", service="web")[0] == "ClusterNotFoundException"


def test_only_arns_name_deployments_and_revisions(ecs, refused):
    for operation, member in [
        (ecs.describe_service_deployments, "serviceDeploymentArns"),
        (ecs.describe_service_revisions, "serviceRevisionArns"),
    ]:
        for arns, text in [([], "between 1 and 20"), (["x"] * 21, "between 1 and 20"), (["x"], "is not the ARN")]:
            code, said = refused(operation, **{member: arns})
            assert code == "InvalidParameterException" and text in said
    assert "maxResults" in refused(ecs.list_service_deployments, service="web", maxResults=101)[1]
    assert refused(ecs.stop_service_deployment, serviceDeploymentArn="x")[0] == "InvalidParameterException"
