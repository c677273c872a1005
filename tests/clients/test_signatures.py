"""Signature Version 4, in headers and in the query; the query protocol of STS."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from door import ECS, FORM, JSON, assert_refused

pytestmark = pytest.mark.usefixtures("server_goes_on")

WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
MISMATCH = "The request signature we calculated does not match the signature you provided."
UNKNOWN = "The security token included in the request is invalid."


def list_clusters(door):
    """A signed request, to be changed afterwards."""
    headers = {"Content-Type": JSON, "X-Amz-Target": f"{ECS}.ListClusters"}
    return door.signed(headers=headers, body=b'{"maxResults":1}')


def test_request_without_signature_is_refused(door):
    request = list_clusters(door)
    del request.headers["Authorization"]
    assert_refused(door.send(request), 400, "MissingAuthenticationTokenException", "Missing Authentication Token")


@pytest.mark.parametrize(
    "authorization",
    ["Bearer abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "Basic cm9vdDpyb290", "AWS4-ECDSA-P256-SHA256 x"],
)
def test_other_authorizations_are_refused(door, authorization):
    request = list_clusters(door)
    del request.headers["Authorization"]
    request.headers["Authorization"] = authorization
    answer = door.send(request)
    assert_refused(answer, 400, answer.code)
    assert answer.code in {"IncompleteSignatureException", "MissingAuthenticationTokenException"}


@pytest.mark.parametrize(
    "signing, code, text",
    [
        ({"secret": "x" * 40}, "InvalidSignatureException", MISMATCH),
        ({"key_id": "AKIA" + "X" * 16}, "UnrecognizedClientException", UNKNOWN),
        ({"token": "session"}, "UnrecognizedClientException", UNKNOWN),
        ({"age": timedelta(minutes=16)}, "InvalidSignatureException", "Signature expired"),
        ({"age": timedelta(minutes=-16)}, "InvalidSignatureException", "Signature not yet current"),
        ({"age": timedelta(days=400)}, "InvalidSignatureException", "Signature expired"),
    ],
)
def test_signature_that_is_wrong_is_refused(door, signing, code, text):
    assert_refused(door.ecs("ListClusters", {}, **signing), 400, code, text)


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clocks_may_differ_by_some_minutes(door, minutes):
    assert door.ecs("ListClusters", {}, age=timedelta(minutes=minutes)).status == 200


def test_signature_for_another_region_is_another_regions(door):
    """A scope whose region was changed after signing does not verify: regions are separate."""
    request = list_clusters(door)
    signed = request.headers["Authorization"]
    del request.headers["Authorization"]
    request.headers["Authorization"] = signed.replace("/us-east-1/", "/eu-west-1/")
    assert_refused(door.send(request), 400, "InvalidSignatureException", MISMATCH)


def test_changed_body_is_refused(door):
    request = list_clusters(door)
    request.data = b'{"maxResults":2}'
    assert_refused(door.send(request), 400, "InvalidSignatureException")


def test_changed_query_is_refused(door):
    request = list_clusters(door)
    request.url += "?a=b"
    assert_refused(door.send(request), 400, "InvalidSignatureException", MISMATCH)


def test_changed_header_is_refused(door):
    request = list_clusters(door)
    del request.headers["X-Amz-Target"]
    request.headers["X-Amz-Target"] = f"{ECS}.DeleteCluster"
    assert_refused(door.send(request), 400, "InvalidSignatureException", MISMATCH)


def test_amz_header_that_is_not_signed_is_refused(door):
    request = list_clusters(door)
    request.headers["X-Amz-Extra"] = "1"
    assert_refused(door.send(request), 400, "InvalidSignatureException", "must be a 'SignedHeader'")


# STS: the query protocol, and requests signed in their query


def test_identity_is_told_in_xml(door):
    answer = door.sts(WHO)
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/xml"
    assert answer.xml("Arn") == "arn:aws:iam::000000000000:root"
    assert answer.xml("RequestId") == answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    "body, signing, status, code",
    [
        (b"Action=Nothing&Version=2011-06-15", {}, 400, "InvalidAction"),
        (b"Action=GetCallerIdentity&Version=1999-01-01", {}, 400, "InvalidAction"),
        (b"Version=2011-06-15", {}, 400, "MissingAction"),
        (b"\xff\xfe&&&==&%zz", {}, 400, "MissingAction"),
        (WHO, {"secret": "x"}, 403, "SignatureDoesNotMatch"),
        (WHO, {"age": timedelta(minutes=16)}, 403, "SignatureDoesNotMatch"),
        (WHO, {"key_id": "AKIA" + "X" * 16}, 403, "InvalidClientTokenId"),
        (WHO, {"token": "session"}, 403, "InvalidClientTokenId"),
    ],
)
def test_errors_of_the_query_protocol_are_xml(door, body, signing, status, code):
    answer = door.sts(body, **signing)
    assert answer.headers["Content-Type"] == "text/xml" and answer.body.startswith(b"<ErrorResponse")
    assert_refused(answer, status, code)
    assert answer.xml("Type") == "Sender" and answer.xml("RequestId") == answer.headers["x-amzn-requestid"]


def test_form_without_signature_is_refused_in_xml(door):
    request = door.signed(headers={"Content-Type": FORM}, body=WHO, service="sts")
    del request.headers["Authorization"]
    assert_refused(door.send(request), 403, "MissingAuthenticationToken")


def test_unknown_parameters_of_a_form_are_ignored(door):
    assert door.sts(WHO + b"&Colour=red&A.B.member.1=2").status == 200


def presigned(door, **signing):
    path = "/?" + urlencode({"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    return door.signed(method="GET", path=path, service="sts", **{"presigned_for": 60, **signing})


def test_presigned_request_is_answered(door):
    assert door.send(presigned(door)).xml("Account") == "000000000000"


def test_presigned_request_expires(door):
    assert door.send(presigned(door, presigned_for=180, age=timedelta(minutes=2))).status == 200
    assert_refused(door.send(presigned(door, age=timedelta(minutes=2))), 400, "RequestExpired")


@pytest.mark.parametrize("changed", [("Expires=60", "Expires=3600"), ("06-15", "06-16"), ("us-east-1", "us-west-2")])
def test_changed_presigned_request_is_refused(door, changed):
    request = presigned(door)
    assert changed[0] in request.url
    request.url = request.url.replace(*changed, 1)
    assert_refused(door.send(request), 403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("seconds", [0, -1, 604_801, "soon"])
def test_presigned_request_lasts_a_second_to_a_week(door, seconds):
    assert_refused(door.send(presigned(door, presigned_for=seconds)), 400, "IncompleteSignature", "X-Amz-Expires")


def test_presigned_request_with_an_added_parameter_is_refused(door):
    request = presigned(door)
    request.url += "&Action=AssumeRole"
    assert_refused(door.send(request), 403, "SignatureDoesNotMatch")
