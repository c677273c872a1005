"""The ratchet: every operation that is built was allowed, denied and refused in every documented way, by the server's own
audit records of this run. It reads what all other tests did, so it runs last, and only if all of them ran."""

import re

import pytest

from coverage import COMMON, NEVER_ALLOWED, NOT_REACHED, Seen, is_excepted
from operations import built, model

pytestmark = pytest.mark.after_all_others

BUILT = [(service, operation) for service in ["ecs", "sts"] for operation in built(service)]
OF_ECS = built("ecs")


@pytest.fixture(scope="module")
def seen(berth):
    return Seen(berth.log)


def documented_errors(operation):
    return {error.name for error in model("ecs").operation_model(operation).error_shapes}


@pytest.mark.parametrize("service, operation", BUILT)
def test_operation_was_allowed(seen, service, operation):
    assert ("root" in seen.allowed[service, operation]) != ((service, operation) in NEVER_ALLOWED)


@pytest.mark.parametrize("operation", OF_ECS)
def test_operation_was_denied_to_the_node(seen, operation):
    assert ("node", "AccessDeniedException") in seen.codes["ecs", operation]


@pytest.mark.parametrize("operation", OF_ECS)
def test_operation_answers_documented_errors_alone(seen, operation):
    assert seen.errors("ecs", operation) - documented_errors(operation) - COMMON == set()


@pytest.mark.parametrize("operation", OF_ECS)
def test_every_documented_error_was_reached(seen, operation):
    missing = documented_errors(operation) - seen.errors("ecs", operation)
    assert {code for code in missing if not is_excepted(operation, code)} == set()


def test_every_request_left_one_audit_record(seen, berth):
    with berth.http("/metrics") as answer:
        counted = re.findall(r"^berth_requests_total{.*} (\d+)$", answer.read().decode(), re.MULTILINE)
    assert len(seen.records) == sum(map(int, counted)) > 1000
    for record in seen.records:
        assert {"request_id", "at", "source", "status"} <= set(record)
        assert "caller" in record or record["status"] != 200
    assert len({record["request_id"] for record in seen.records}) == len(seen.records)


def test_list_of_errors_not_reached_only_shrinks(seen):
    reached = [
        (operation, code)
        for operation, code in NOT_REACHED
        if operation != "*" and code in seen.errors("ecs", operation)
    ]
    assert reached == [], "take these off coverage.NOT_REACHED: a test reaches them now"
    unknown = [(operation, code) for operation, code in NOT_REACHED if operation not in {"*", *OF_ECS}]
    assert unknown == [], "these operations are not built"
