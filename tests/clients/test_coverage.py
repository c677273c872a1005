"""The ratchet: every operation that is built was allowed, denied and refused in every documented way, by the server's own
audit records of this run. It reads what all other tests did, so it runs last, and only if all of them ran."""

import re

import pytest

from coverage import COMMON, NEVER_ALLOWED, NOT_LISTED, NOT_REACHED, OF_NODES, Seen, is_excepted
from operations import built, model

pytestmark = pytest.mark.after_all_others

WITH_ERRORS = [(service, operation) for service in ["ecs", "logs"] for operation in built(service)]
BUILT = [*WITH_ERRORS, *(("sts", operation) for operation in built("sts"))]


@pytest.fixture(scope="module")
def seen(berth):
    return Seen(berth.log)


def documented_errors(service, operation):
    return {error.name for error in model(service).operation_model(operation).error_shapes}


@pytest.mark.parametrize("service, operation", BUILT)
def test_operation_was_allowed(seen, service, operation):
    assert ("root" in seen.allowed[service, operation]) != ((service, operation) in NEVER_ALLOWED)


@pytest.mark.parametrize("service, operation", [one for one in WITH_ERRORS if one not in OF_NODES])
def test_operation_was_denied_to_the_node(seen, service, operation):
    assert ("node", "AccessDeniedException") in seen.codes[service, operation]


@pytest.mark.parametrize("service, operation", OF_NODES)
def test_operation_of_nodes_was_allowed_to_the_node(seen, service, operation):
    assert "node" in seen.allowed[service, operation]


@pytest.mark.parametrize("service, operation", WITH_ERRORS)
def test_operation_answers_documented_errors_alone(seen, service, operation):
    others = seen.errors(service, operation) - documented_errors(service, operation) - COMMON
    assert {code for code in others if (service, operation, code) not in NOT_LISTED} == set()


@pytest.mark.parametrize("service, operation", WITH_ERRORS)
def test_every_documented_error_was_reached(seen, service, operation):
    missing = documented_errors(service, operation) - seen.errors(service, operation)
    assert {code for code in missing if not is_excepted(service, operation, code)} == set()


def test_every_request_left_one_audit_record(seen, berth):
    with berth.http("/metrics") as answer:
        counted = re.findall(r"^berth_requests_total{.*} (\d+)$", answer.read().decode(), re.MULTILINE)
    assert len(seen.records) == sum(map(int, counted)) > 1000
    for record in seen.records:
        assert {"request_id", "at", "source", "status"} <= set(record)
        assert "caller" in record or record["status"] != 200
    assert len({record["request_id"] for record in seen.records}) == len(seen.records)


def test_lists_of_exceptions_only_shrink(seen):
    reached = [
        (service, operation, code)
        for service, operation, code in NOT_REACHED
        if operation != "*" and code in seen.errors(service, operation)
    ]
    assert reached == [], "take these off coverage.NOT_REACHED: a test reaches them now"
    listed = [
        (service, operation, code)
        for service, operation, code in NOT_LISTED
        if code in documented_errors(service, operation) or code not in seen.errors(service, operation)
    ]
    assert listed == [], "take these off coverage.NOT_LISTED: they are listed, or are not answered"
    unknown = [one for one in NOT_REACHED if one[1] != "*" and one[:2] not in WITH_ERRORS]
    assert unknown == [], "these operations are not built"
