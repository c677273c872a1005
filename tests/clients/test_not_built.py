"""What is modelled and not built says so; docs/compatibility.md says the same."""

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from operations import TITLES, built, documented, least, model, not_built


@pytest.fixture(scope="module")
def clients(berth):
    # Some operations would go to a host of another name, which an address of numbers does not have.
    return {service: berth.client(service, region="sa-east-1", inject_host_prefix=False) for service in TITLES}


def test_page_lists_every_operation():
    for service in ("ecs", "logs"):
        assert sorted(documented(service)) == sorted(model(service).operation_names)
    assert (len(documented("ecs")), len(documented("logs"))) == (77, 113)


@pytest.mark.parametrize("service", TITLES)
def test_page_lists_only_operations_that_exist(service):
    assert set(documented(service)) <= set(model(service).operation_names)


@pytest.mark.parametrize("service, operation", [(service, name) for service in TITLES for name in not_built(service)])
def test_operation_that_is_not_built_names_itself(clients, service, operation):
    with pytest.raises(ClientError) as caught:
        call(clients, service, operation)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["Error"]["Code"] == "NotImplementedException"
    assert operation in answer["Error"]["Message"]


@pytest.mark.parametrize("service, operation", [(service, name) for service in TITLES for name in built(service)])
def test_operation_that_is_built_answers_otherwise(clients, service, operation):
    try:
        call(clients, service, operation)
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] != 501


def call(clients, service, operation):
    shape = model(service).operation_model(operation).input_shape
    return getattr(clients[service], xform_name(operation))(**least(shape))


def test_operation_of_a_listed_service_that_is_not_modelled_is_unknown(berth):
    with pytest.raises(ClientError) as caught:
        berth.client("sts").get_session_token()
    assert caught.value.response["Error"]["Code"] == "InvalidAction"


def test_service_that_is_not_there_says_so(berth):
    for service, request in [("iam", "list_roles"), ("dynamodb", "list_tables"), ("lambda", "list_functions")]:
        with pytest.raises(ClientError) as caught:
            getattr(berth.client(service), request)()
        assert f"{service} is not available at this endpoint" in caught.value.response["Error"]["Message"]
