"""Documents and routes that no client sends: each has its answer."""

import pytest

from door import ECS, FORM, JSON, assert_refused

pytestmark = pytest.mark.usefixtures("server_goes_on")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}x",
        b"{'maxResults':1}",
        b'{"maxResults":01}',
        b'{"maxResults":NaN}',
        b'{"maxResults":1,}',
        b'{"nextToken":"\xff\xfe"}',
        b'{"nextToken":"\\ud800"}',
        b'{"nextToken":"\n"}',
        b"\xef\xbb\xbf{}",
        b"\x00\x01\x02\x03",
    ],
)
def test_body_that_is_no_json_is_refused(door, body):
    assert_refused(door.ecs("ListClusters", body), 400, "SerializationException", "The request is no valid document")


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"true"])
def test_body_that_is_no_object_is_refused(door, body):
    assert_refused(door.ecs("ListClusters", body), 400, "SerializationException", "can not be converted to Structure")


def test_empty_body_is_an_empty_document(door):
    assert door.ecs("ListClusters", b"").status == 200


@pytest.mark.parametrize("bomb", [b'{"a":', b"[", b'{"containerDefinitions":['])
def test_nesting_bomb_is_defused(door, bomb):
    for start in [b"", b'{"unknown":', b'{"containerDefinitions":']:
        answer = door.ecs("RegisterTaskDefinition", start + bomb * (250_000 // len(bomb)))
        assert_refused(answer, 400, "SerializationException")


@pytest.mark.parametrize("number", ["99999999999999999999", "1e400", "-1e999", "2147483648", "9" * 100_000])
def test_number_that_does_not_fit_names_its_member(door, number):
    answer = door.ecs("ListClusters", f'{{"maxResults":{number}}}'.encode())
    assert_refused(answer, 400, "SerializationException", "maxResults: the number does not fit Integer")


def test_last_of_duplicate_keys_wins(door, name):
    body = f'{{"clusterName":"{name}-first","clusterName":"{name}"}}'
    assert door.ecs("CreateCluster", body.encode()).json["cluster"]["clusterName"] == name


def test_unknown_members_are_ignored(door, name):
    body = {"clusterName": name, "colour": {"of": [1, None, {"the": "door"}]}}
    assert door.ecs("CreateCluster", body).json["cluster"]["clusterName"] == name


def test_null_is_as_if_absent(door):
    assert door.ecs("ListClusters", {"maxResults": None, "nextToken": None}).status == 200


@pytest.mark.parametrize(
    "operation, body, text",
    [
        ("ListClusters", {"maxResults": "10"}, "maxResults: STRING_VALUE can not be converted to Integer"),
        ("ListClusters", {"maxResults": 1.5}, "maxResults: NUMBER_VALUE can not be converted to Integer"),
        ("ListClusters", {"nextToken": 7}, "nextToken: NUMBER_VALUE can not be converted to String"),
        ("DescribeTasks", {"tasks": "one"}, "tasks: STRING_VALUE can not be converted to List"),
        ("DescribeTasks", {"tasks": ["one", 2]}, "tasks[1]: NUMBER_VALUE can not be converted to String"),
        (
            "RegisterTaskDefinition",
            {"containerDefinitions": [{"portMappings": [{}, {"containerPort": "x"}]}]},
            "containerDefinitions[0].portMappings[1].containerPort: STRING_VALUE can not be converted to Integer",
        ),
        (
            "RegisterTaskDefinition",
            {"containerDefinitions": [{"dockerLabels": {"a": True}}]},
            "containerDefinitions[0].dockerLabels.a: TRUE_VALUE can not be converted to String",
        ),
        (
            "RegisterTaskDefinition",
            {"containerDefinitions": [{"essential": "yes"}]},
            "containerDefinitions[0].essential: STRING_VALUE can not be converted to Boolean",
        ),
    ],
)
def test_wrong_type_names_the_members_path(door, operation, body, text):
    assert_refused(door.ecs(operation, body), 400, "SerializationException", text)


@pytest.mark.parametrize(
    "operation, body, texts",
    [
        ("DescribeTasks", {}, ["Value null at 'tasks' failed to satisfy constraint: Member must not be null"]),
        ("RegisterTaskDefinition", {}, ["2 validation errors detected", "'family'", "'containerDefinitions'"]),
        (
            "RegisterTaskDefinition",
            {"family": "f", "containerDefinitions": [{"secrets": [{"name": "x"}]}]},
            ["'containerDefinitions.1.member.secrets.1.member.valueFrom'"],
        ),
        (
            "ListTasks",
            {"launchType": "CLOUD"},
            ["Value 'CLOUD' at 'launchType'", "enum value set: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]"],
        ),
        (
            "RunTask",
            {"taskDefinition": "f", "placementStrategy": [{"type": "near"}]},
            ["'placementStrategy.1.member.type'", "[random, spread, binpack]"],
        ),
        ("ListTasks", {"launchType": ""}, ["'launchType'"]),
    ],
)
def test_missing_member_and_broken_constraint_are_named(door, operation, body, texts):
    answer = door.ecs(operation, body)
    assert_refused(answer, 400, "InvalidParameterException")
    assert all(text in answer.text for text in texts), answer.text


def test_unknown_operation_is_named(door):
    assert_refused(door.ecs("MakeCoffee", {}), 400, "UnknownOperationException", "MakeCoffee")


@pytest.mark.parametrize("target", ["ListClusters", ".", "", "Logs_20140328.DescribeLogGroups", "x" * 10_000])
def test_target_of_no_service_is_refused(door, target):
    assert_refused(door.ecs("", {}, headers={"X-Amz-Target": target}), 400, "UnknownOperationException")


def test_missing_target_is_refused(door):
    answer = door.send(door.signed(headers={"Content-Type": JSON}, body=b"{}"))
    assert_refused(answer, 400, "UnknownOperationException", "X-Amz-Target")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", FORM, "*/*"])
def test_other_content_types_are_refused(door, content_type):
    answer = door.ecs("ListClusters", {}, headers={"Content-Type": content_type})
    assert_refused(answer, 400, "SerializationException", content_type.split(";")[0])


def test_unknown_service_is_refused_in_the_form_of_its_protocol(door):
    answer = door.ecs("ListClusters", {}, service="dynamodb")
    assert_refused(answer, 404, "UnknownEndpointException", "dynamodb is not available at this endpoint")
    form = door.signed(headers={"Content-Type": FORM}, body=b"Action=ListRoles&Version=2010-05-08", service="iam")
    answer = door.send(form)
    assert answer.body.startswith(b"<ErrorResponse")
    assert_refused(answer, 404, "UnknownEndpointException", "iam is not available at this endpoint")


def test_other_methods_are_refused(door):
    headers = {"Content-Type": JSON, "X-Amz-Target": f"{ECS}.ListClusters"}
    for method in ["GET", "PUT", "DELETE", "BREW"]:
        answer = door.send(door.signed(method=method, headers=headers))
        assert_refused(answer, 405, "MethodNotAllowed", method)
