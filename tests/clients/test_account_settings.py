"""ListAccountSettings, PutAccountSetting, PutAccountSettingDefault, DeleteAccountSetting. Settings belong to a region: each test
has one of its own."""

import itertools

import pytest

ROOT = "arn:aws:iam::000000000000:root"
USER = "arn:aws:iam::000000000000:user/ann"
NUMBERS = itertools.count(1)
DEFAULTS = {
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "containerInstanceLongArnFormat": "enabled",
    "defaultLogDriverMode": "non-blocking",
    "fargateEventWindows": "disabled",
    "fargateFIPSMode": "disabled",
    "fargateTaskRetirementWaitPeriod": "7",
    "guardDutyActivate": "off",
    "serviceLongArnFormat": "enabled",
    "tagResourceAuthorization": "on",
    "taskLongArnFormat": "enabled",
}


@pytest.fixture
def ecs(berth):
    return berth.client("ecs", region=f"us-settings-{next(NUMBERS)}", parameter_validation=False)


def settings(ecs, **parameters):
    pages = ecs.get_paginator("list_account_settings").paginate(**parameters)
    return {setting["name"]: setting["value"] for page in pages for setting in page["settings"]}


def test_nothing_is_set_and_the_defaults_hold(ecs):
    assert ecs.list_account_settings()["settings"] == []
    assert settings(ecs, effectiveSettings=True) == DEFAULTS
    first = ecs.list_account_settings(effectiveSettings=True)
    assert [setting["name"] for setting in first["settings"]] == sorted(DEFAULTS)[:10]
    assert {setting["principalArn"] for setting in first["settings"]} == {ROOT}
    managed = [setting["name"] for setting in first["settings"] if setting["type"] == "aws_managed"]
    assert managed == ["guardDutyActivate"]


def test_setting_is_put_listed_and_deleted(ecs):
    put = ecs.put_account_setting(name="awsvpcTrunking", value="enabled")["setting"]
    assert put == {"name": "awsvpcTrunking", "value": "enabled", "principalArn": ROOT, "type": "user"}
    assert ecs.list_account_settings()["settings"] == [put]
    assert settings(ecs, effectiveSettings=True) == DEFAULTS | {"awsvpcTrunking": "enabled"}
    ecs.put_account_setting(name="awsvpcTrunking", value="disabled")
    assert settings(ecs) == {"awsvpcTrunking": "disabled"}
    gone = ecs.delete_account_setting(name="awsvpcTrunking")["setting"]
    assert gone == {"name": "awsvpcTrunking", "value": "disabled", "principalArn": ROOT, "type": "user"}
    assert settings(ecs) == {}
    ecs.delete_account_setting(name="awsvpcTrunking")


def test_default_is_what_holds_for_those_who_set_nothing(ecs):
    default = ecs.put_account_setting_default(name="containerInsights", value="enabled")["setting"]
    assert default["principalArn"] == ROOT
    assert settings(ecs, principalArn=USER) == {}
    assert settings(ecs, principalArn=USER, effectiveSettings=True)["containerInsights"] == "enabled"
    own = ecs.put_account_setting(name="containerInsights", value="enhanced", principalArn=USER)["setting"]
    assert own["principalArn"] == USER
    assert settings(ecs, principalArn=USER) == {"containerInsights": "enhanced"}
    assert settings(ecs, principalArn=ROOT, effectiveSettings=True)["containerInsights"] == "enabled"
    gone = ecs.delete_account_setting(name="containerInsights", principalArn=USER)["setting"]
    assert (gone["value"], gone["principalArn"]) == ("enabled", USER)


def test_list_is_filtered_and_paged(ecs):
    for name, value in [("awsvpcTrunking", "enabled"), ("containerInsights", "enabled"), ("fargateFIPSMode", "disabled")]:
        ecs.put_account_setting(name=name, value=value)
    assert settings(ecs, name="containerInsights") == {"containerInsights": "enabled"}
    assert settings(ecs, name="containerInsights", value="enabled") == {"containerInsights": "enabled"}
    assert settings(ecs, name="containerInsights", value="disabled") == {}
    pages = list(ecs.get_paginator("list_account_settings").paginate(PaginationConfig={"PageSize": 1}))
    names = [[setting["name"] for setting in page["settings"]] for page in pages]
    assert names == [["awsvpcTrunking"], ["containerInsights"], ["fargateFIPSMode"]]


def test_settings_of_regions_are_separate(ecs, berth):
    ecs.put_account_setting(name="containerInsights", value="enhanced")
    other = berth.client("ecs", region=f"us-settings-{next(NUMBERS)}")
    assert settings(other) == {}


def test_new_clusters_have_the_accounts_container_insights(ecs, name):
    before = ecs.create_cluster(clusterName=f"{name}-before")["cluster"]
    ecs.put_account_setting_default(name="containerInsights", value="enhanced")
    cluster = ecs.create_cluster(clusterName=name)["cluster"]
    assert cluster["settings"] == [{"name": "containerInsights", "value": "enhanced"}]
    said = [{"name": "containerInsights", "value": "disabled"}]
    assert ecs.create_cluster(clusterName=f"{name}-said", settings=said)["cluster"]["settings"] == said
    assert ecs.create_cluster(clusterName=f"{name}-before")["cluster"] == before
    assert ecs.create_cluster(clusterName=f"{name}-before", settings=said)["cluster"] == before
    ecs.delete_account_setting(name="containerInsights")
    described = ecs.describe_clusters(clusters=[name], include=["SETTINGS"])["clusters"][0]
    assert described["settings"] == cluster["settings"]


def test_settings_outlive_the_server(fresh):
    installation = fresh().start()
    ecs = installation.client("ecs")
    ecs.put_account_setting(name="containerInsights", value="enhanced")
    installation.terminate()
    installation.start()
    assert settings(installation.client("ecs")) == {"containerInsights": "enhanced"}


REFUSALS = [
    ("put_account_setting", {"name": "awsvpcTrunking", "value": "on"}, "Invalid setting 'value'"),
    ("put_account_setting_default", {"name": "containerInsights", "value": "ENABLED"}, "Invalid setting 'value'"),
    ("put_account_setting", {"name": "taskLongArnFormat", "value": "disabled"}, "no longer disable Long Arn"),
    ("put_account_setting_default", {"name": "guardDutyActivate", "value": "on"}, "managed by AWS"),
    ("put_account_setting", {"name": "fargateTaskRetirementWaitPeriod", "value": "8"}, "Invalid setting 'value'"),
    (
        "put_account_setting",
        {"name": "fargateTaskRetirementWaitPeriod", "value": "0", "principalArn": USER},
        "must be set for the root user",
    ),
    ("put_account_setting", {"name": "colour", "value": "blue"}, "name"),
    ("put_account_setting", {"name": "awsvpcTrunking", "value": "enabled", "principalArn": "ann"}, "Invalid principalArn"),
    (
        "put_account_setting",
        {"name": "awsvpcTrunking", "value": "enabled", "principalArn": "arn:aws:iam::111111111111:root"},
        "Invalid principalArn",
    ),
    ("delete_account_setting", {"name": "colour"}, "name"),
    ("delete_account_setting", {"name": "awsvpcTrunking", "principalArn": "ann"}, "Invalid principalArn"),
    ("list_account_settings", {"principalArn": "ann"}, "Invalid principalArn"),
    ("list_account_settings", {"value": "enabled"}, "A name must be specified"),
    ("list_account_settings", {"maxResults": 11}, "maxResults"),
    ("list_account_settings", {"nextToken": "other"}, "Invalid token"),
]


@pytest.mark.parametrize("operation, parameters, text", REFUSALS, ids=range(len(REFUSALS)))
def test_refusal_has_its_code_and_text(ecs, refused, operation, parameters, text):
    code, said = refused(getattr(ecs, operation), **parameters)
    assert code == "InvalidParameterException" and text in said, said
    assert settings(ecs) == {}
