"""CloudWatch Logs: groups, streams, events."""

import json
import threading
import time

import pytest

from door import JSON

ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture(scope="session")
def logs(berth):
    return berth.client("logs")


@pytest.fixture
def group(logs, name):
    """A group of the test's own."""
    logs.create_log_group(logGroupName=name)
    return name


@pytest.fixture
def stream(logs, group):
    """A stream of the test's own, in its group."""
    logs.create_log_stream(logGroupName=group, logStreamName="main")
    return {"logGroupName": group, "logStreamName": "main"}


def now():
    return int(time.time() * 1000)


def lines(*texts, at=None, step=1):
    at = at or now() - 1000
    return [{"timestamp": at + place * step, "message": text} for place, text in enumerate(texts)]


def texts(answer):
    return [event["message"] for event in answer["events"]]


def described(logs, group):
    return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


# Groups


def test_new_group_is_described(logs, name):
    before = now()
    answer = logs.create_log_group(logGroupName=name, tags={"team": "blue"})
    assert set(answer) == {"ResponseMetadata"}
    found = described(logs, name)
    assert before - 1 <= found.pop("creationTime") <= now() + 1
    assert found == {
        "logGroupName": name,
        "metricFilterCount": 0,
        "arn": f"{ARN}{name}:*",
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        "logGroupArn": f"{ARN}{name}",
        "deletionProtectionEnabled": False,
    }


def test_group_that_exists_is_not_made_again(logs, group, refused):
    expected = ("ResourceAlreadyExistsException", "The specified log group already exists")
    assert refused(logs.create_log_group, logGroupName=group) == expected


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"logGroupName": "aws/mine"}, "Log groups starting with AWS/ are reserved for AWS."),
        ({"logGroupName": "keyed", "kmsKeyId": "a-key"}, "The specified KMS Key Id could not be found."),
        ({"logGroupName": "with space"}, "Member must satisfy regular expression pattern"),
        ({"logGroupName": "x" * 513}, "Member must have length less than or equal to 512"),
        ({"logGroupName": "delivered", "logGroupClass": "DELIVERY"}, "DELIVERY is not supported"),
        ({"logGroupName": "tagged", "tags": {"aws:mine": "x"}}, "keys that begin with aws: are reserved"),
    ],
)
def test_group_that_cannot_be_is_refused(logs, refused, given, text):
    code, message = refused(logs.create_log_group, **given)
    assert code == "InvalidParameterException" and text in message


def test_class_is_kept_and_listed_by(logs, name):
    logs.create_log_group(logGroupName=f"{name}-a")
    logs.create_log_group(logGroupName=f"{name}-b", logGroupClass="INFREQUENT_ACCESS")
    found = logs.describe_log_groups(logGroupNamePrefix=name, logGroupClass="INFREQUENT_ACCESS")["logGroups"]
    assert [(each["logGroupName"], each["logGroupClass"]) for each in found] == [(f"{name}-b", "INFREQUENT_ACCESS")]
    found = logs.describe_log_groups(logGroupNamePrefix=name, logGroupClass="STANDARD")["logGroups"]
    assert [each["logGroupName"] for each in found] == [f"{name}-a"]


def test_groups_are_listed_by_name_in_pages(logs, name):
    names = [f"{name}/{each}" for each in ("B", "a", "b", "c-1", "c/2")]
    for each in reversed(names):
        logs.create_log_group(logGroupName=each)
    pages = list(
        logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"{name}/", PaginationConfig={"PageSize": 2})
    )
    assert [[each["logGroupName"] for each in page["logGroups"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert "nextToken" not in pages[-1]


def test_groups_are_found_by_part_of_the_name_with_fewer_fields(logs, name):
    logs.create_log_group(logGroupName=f"app/{name}/Web")
    found = logs.describe_log_groups(logGroupNamePattern=f"{name}/W")["logGroups"]
    assert [set(each) for each in found] == [{"arn", "creationTime", "logGroupName"}]
    assert logs.describe_log_groups(logGroupNamePattern=f"{name}/w")["logGroups"] == []


def test_groups_are_found_by_identifier(logs, group):
    for identifier in (group, ARN + group):
        found = logs.describe_log_groups(logGroupIdentifiers=[identifier, "no-such-group"])["logGroups"]
        assert [each["logGroupName"] for each in found] == [group]


def test_filters_that_exclude_each_other_are_refused(logs, refused):
    assert refused(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b") == (
        "InvalidParameterException",
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    )
    assert refused(logs.describe_log_groups, nextToken="nonsense") == (
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )


def test_deleted_group_takes_its_events_with_it(logs, stream, refused):
    group = stream["logGroupName"]
    logs.put_log_events(**stream, logEvents=lines("old"))
    assert described(logs, group)["storedBytes"] == 29
    logs.delete_log_group(logGroupName=group)
    gone = ("ResourceNotFoundException", "The specified log group does not exist.")
    assert refused(logs.delete_log_group, logGroupName=group) == gone
    assert refused(logs.get_log_events, **stream) == gone
    assert refused(logs.create_log_stream, **stream) == gone
    logs.create_log_group(logGroupName=group)
    assert described(logs, group)["storedBytes"] == 0
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    logs.create_log_stream(**stream)
    assert logs.get_log_events(**stream)["events"] == []


def test_protected_group_is_not_deleted(logs, name, refused):
    logs.create_log_group(logGroupName=name, deletionProtectionEnabled=True)
    code, message = refused(logs.delete_log_group, logGroupName=name)
    assert code == "ValidationException" and "deletion protection" in message
    assert described(logs, name)["deletionProtectionEnabled"] is True


def test_groups_are_apart_by_region(berth, logs, group):
    other = berth.client("logs", region="eu-west-1")
    assert other.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
    other.create_log_group(logGroupName=group)
    assert other.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"].startswith("arn:aws:logs:eu-west-1:")


# Streams


def test_new_stream_is_described(logs, stream):
    before = now()
    (found,) = logs.describe_log_streams(logGroupName=stream["logGroupName"])["logStreams"]
    assert before - 5000 <= found.pop("creationTime") <= before + 5000
    assert found == {
        "logStreamName": "main",
        "arn": f"{ARN}{stream['logGroupName']}:log-stream:main",
        "storedBytes": 0,
    }


def test_stream_tells_the_times_of_its_events(logs, stream):
    at = now() - HOUR
    logs.put_log_events(**stream, logEvents=lines("b", "c", at=at))
    logs.put_log_events(**stream, logEvents=lines("a", at=at - 5))
    (found,) = logs.describe_log_streams(logGroupName=stream["logGroupName"])["logStreams"]
    assert (found["firstEventTimestamp"], found["lastEventTimestamp"]) == (at - 5, at + 1)
    assert found["lastIngestionTime"] >= at and found["uploadSequenceToken"]
    assert found["storedBytes"] == 0


def test_stream_that_exists_is_not_made_again(logs, stream, refused):
    expected = ("ResourceAlreadyExistsException", "The specified log stream already exists")
    assert refused(logs.create_log_stream, **stream) == expected


@pytest.mark.parametrize("bad", ["a:b", "a*", "", "x" * 513])
def test_stream_names_keep_the_rules(berth, group, refused, bad):
    unchecked = berth.client("logs", parameter_validation=False)
    code, message = refused(unchecked.create_log_stream, logGroupName=group, logStreamName=bad)
    assert code == "InvalidParameterException" and "logStreamName" in message


def test_deleted_stream_is_gone_with_its_events(logs, stream, refused):
    logs.put_log_events(**stream, logEvents=lines("old"))
    logs.delete_log_stream(**stream)
    gone = ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert refused(logs.delete_log_stream, **stream) == gone
    assert refused(logs.get_log_events, **stream) == gone
    assert refused(logs.put_log_events, **stream, logEvents=lines("x")) == gone
    assert logs.filter_log_events(logGroupName=stream["logGroupName"])["events"] == []
    logs.create_log_stream(**stream)
    assert logs.get_log_events(**stream)["events"] == []


def test_streams_are_listed_by_name_in_pages(logs, group):
    names = [f"ecs/{each:02}" for each in range(7)]
    for each in ["other", *reversed(names)]:
        logs.create_log_stream(logGroupName=group, logStreamName=each)
    pager = logs.get_paginator("describe_log_streams")

    def listed(**options):
        pages = pager.paginate(logGroupIdentifier=ARN + group, PaginationConfig={"PageSize": 3}, **options)
        return [each["logStreamName"] for page in pages for each in page["logStreams"]]

    assert listed() == [*names, "other"]
    assert listed(descending=True) == ["other", *reversed(names)]
    assert listed(logStreamNamePrefix="ecs/") == names
    assert listed(logStreamNamePrefix="ecs/", descending=True) == names[::-1]


def test_streams_are_listed_by_last_event(logs, group):
    at = now() - HOUR
    for each, age in (("a", 3), ("b", None), ("c", 1), ("d", 2)):
        logs.create_log_stream(logGroupName=group, logStreamName=each)
        if age:
            logs.put_log_events(logGroupName=group, logStreamName=each, logEvents=lines("x", at=at - age))
    pager = logs.get_paginator("describe_log_streams")

    def listed(descending):
        pages = pager.paginate(
            logGroupName=group, orderBy="LastEventTime", descending=descending, PaginationConfig={"PageSize": 1}
        )
        return "".join(each["logStreamName"] for page in pages for each in page["logStreams"])

    assert listed(False) == "badc"
    assert listed(True) == "cdab"


def test_bad_listings_are_refused(logs, group, refused):
    assert refused(logs.describe_log_streams, logGroupName=group, orderBy="LastEventTime", logStreamNamePrefix="a") == (
        "InvalidParameterException",
        "Cannot order by LastEventTime with a logStreamNamePrefix.",
    )
    assert refused(logs.describe_log_streams, logGroupName=group, logGroupIdentifier=group) == (
        "ValidationException",
        "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
    )
    assert refused(logs.describe_log_streams)[0] == "ValidationException"
    assert refused(logs.describe_log_streams, logGroupName="no-such-group")[0] == "ResourceNotFoundException"
    assert refused(logs.describe_log_streams, logGroupName=group, nextToken="x")[0] == "InvalidParameterException"


# Events in


def test_events_come_back_with_their_times(logs, stream):
    before = now()
    sent = lines("one", "two \U0001f640 日本語", "three\nlines\n\there")
    answer = logs.put_log_events(**stream, logEvents=sent)
    assert answer["nextSequenceToken"] and "rejectedLogEventsInfo" not in answer
    events = logs.get_log_events(**stream, startFromHead=True)["events"]
    assert [{"timestamp": each["timestamp"], "message": each["message"]} for each in events] == sent
    assert all(before <= each["ingestionTime"] <= now() for each in events)


def test_wrong_sequence_tokens_are_no_error(logs, stream):
    for token in ("wrong", "49590302938479018743"):
        logs.put_log_events(**stream, logEvents=lines("x"), sequenceToken=token)
    assert len(logs.get_log_events(**stream)["events"]) == 2


def test_batch_that_comes_again_with_its_token_is_there_once(logs, stream):
    batch = lines("a", "b")
    for _ in range(2):
        logs.put_log_events(**stream, logEvents=batch, sequenceToken="mine-1")
    logs.put_log_events(**stream, logEvents=batch, sequenceToken="mine-2")
    logs.put_log_events(**stream, logEvents=batch)
    assert sorted(texts(logs.get_log_events(**stream))) == ["a"] * 3 + ["b"] * 3


def test_events_out_of_the_window_are_rejected_by_place(logs, stream):
    at = now()
    events = [(at - 15 * DAY, "old"), (at - HOUR, "a"), (at, "b"), (at + 3 * HOUR, "new")]
    sent = [{"timestamp": when, "message": text} for when, text in events]
    answer = logs.put_log_events(**stream, logEvents=sent)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 3}
    assert texts(logs.get_log_events(**stream)) == ["a", "b"]
    answer = logs.put_log_events(**stream, logEvents=sent[:1])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}


def test_batches_keep_the_limits(logs, stream, refused):
    at = now() - 2 * DAY

    def why(events):
        code, message = refused(logs.put_log_events, **stream, logEvents=events)
        assert code == "InvalidParameterException"
        return message

    chronological = "Log events in a single PutLogEvents request must be in chronological order."
    assert why([*lines("b", at=at + 1), *lines("a", at=at)]) == chronological
    span = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    assert why([*lines("a", at=at), *lines("b", at=at + DAY + 1)]) == span
    assert why(lines("x" * 1_048_551)) == "Log event too large: 1048577 bytes exceeds limit of 1048576"
    assert why(lines("x" * 600_000, "x" * 600_000)) == "Upload too large: 1200052 bytes exceeds limit of 1048576"
    assert "Member must have length less than or equal to 10000" in why(lines(*["x"] * 10_001))
    assert logs.get_log_events(**stream)["events"] == []
    logs.put_log_events(**stream, logEvents=lines("x" * 1_048_550))
    logs.put_log_events(**stream, logEvents=lines(*["x"] * 10_000))


def test_empty_batches_and_messages_are_refused(berth, stream, refused):
    unchecked = berth.client("logs", parameter_validation=False)
    assert "logEvents" in refused(unchecked.put_log_events, **stream, logEvents=[])[1]
    assert "message" in refused(unchecked.put_log_events, **stream, logEvents=lines(""))[1]
    code, message = refused(unchecked.put_log_events, **stream, logEvents=[{"timestamp": -1, "message": "x"}])
    assert code == "InvalidParameterException" and "timestamp" in message


def test_entity_is_said_to_be_rejected(logs, stream):
    entity = {"keyAttributes": {"Type": "Service", "Name": "web"}}
    answer = logs.put_log_events(**stream, logEvents=lines("x"), entity=entity)
    assert answer["rejectedEntityInfo"] == {"errorType": "UnsupportedLogGroupType"}
    assert texts(logs.get_log_events(**stream)) == ["x"]


def test_writers_side_by_side_lose_nothing(logs, stream):
    def write(writer):
        for number in range(20):
            logs.put_log_events(**stream, logEvents=lines(f"{writer}-{number}", at=now()))

    writers = [threading.Thread(target=write, args=[writer]) for writer in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = texts(logs.get_log_events(**stream, startFromHead=True))
    assert sorted(found) == sorted(f"{writer}-{number}" for writer in range(6) for number in range(20))
    for writer in range(6):
        own = [text for text in found if text.startswith(f"{writer}-")]
        assert own == [f"{writer}-{number}" for number in range(20)]


# Events out


@pytest.fixture
def numbered(logs, stream):
    """25 events, named by their numbers, a second apart."""
    at = now() - HOUR
    logs.put_log_events(**stream, logEvents=lines(*map(str, range(25)), at=at, step=1000))
    return stream, at


def test_pages_forward_and_back_neither_skip_nor_repeat(logs, numbered):
    stream, _ = numbered
    page = logs.get_log_events(**stream, startFromHead=True, limit=10)
    found = texts(page)
    while True:
        following = logs.get_log_events(**stream, nextToken=page["nextForwardToken"], startFromHead=True, limit=10)
        found += texts(following)
        if following["nextForwardToken"] == page["nextForwardToken"]:
            break
        page = following
    assert found == [str(number) for number in range(25)]
    assert following["events"] == []
    assert following["nextForwardToken"].startswith("f/") and following["nextBackwardToken"].startswith("b/")

    found = []
    page = following
    while True:
        before = logs.get_log_events(**stream, nextToken=page["nextBackwardToken"], limit=10)
        found = texts(before) + found
        if before["nextBackwardToken"] == page["nextBackwardToken"]:
            break
        page = before
    assert found == [str(number) for number in range(25)]
    again = logs.get_log_events(**stream, nextToken=before["nextForwardToken"], limit=3)
    assert texts(again) == ["0", "1", "2"]


def test_latest_events_come_first_unless_asked_from_the_head(logs, numbered):
    stream, _ = numbered
    assert texts(logs.get_log_events(**stream, limit=3)) == ["22", "23", "24"]
    assert texts(logs.get_log_events(**stream, limit=3, startFromHead=True)) == ["0", "1", "2"]
    assert len(texts(logs.get_log_events(**stream))) == 25


def test_token_at_the_end_sees_what_comes_later(logs, stream):
    empty = logs.get_log_events(**stream, startFromHead=True)
    assert empty["events"] == []
    same = logs.get_log_events(**stream, startFromHead=True, nextToken=empty["nextForwardToken"])
    assert same["nextForwardToken"] == empty["nextForwardToken"]
    from_tail = logs.get_log_events(**stream)
    logs.put_log_events(**stream, logEvents=lines("later"))
    for page in (empty, from_tail):
        after = logs.get_log_events(**stream, startFromHead=True, nextToken=page["nextForwardToken"])
        assert texts(after) == ["later"]
    logs.put_log_events(**stream, logEvents=lines("latest", at=now()))
    after = logs.get_log_events(**stream, startFromHead=True, nextToken=after["nextForwardToken"])
    assert texts(after) == ["latest"]


def test_start_is_meant_and_end_is_not(logs, numbered):
    stream, at = numbered
    page = logs.get_log_events(**stream, startTime=at + 5000, endTime=at + 8000)
    assert texts(page) == ["5", "6", "7"]
    following = logs.get_log_events(**stream, startTime=at, endTime=at + 8000, nextToken=page["nextForwardToken"])
    assert following["events"] == []
    assert logs.get_log_events(**stream, startTime=at + 8000, endTime=at + 8000)["events"] == []


def test_page_is_at_most_a_megabyte(logs, stream):
    for part in range(3):
        logs.put_log_events(**stream, logEvents=lines(*[str(part) + "x" * 99_000] * 8, at=now() - 1000 + part * 10))
    page = logs.get_log_events(**stream, startFromHead=True)
    assert len(page["events"]) == 10
    following = logs.get_log_events(**stream, startFromHead=True, nextToken=page["nextForwardToken"])
    assert [text[0] for text in texts(page) + texts(following)] == ["0"] * 8 + ["1"] * 8 + ["2"] * 4


def test_wrong_tokens_are_refused(logs, stream, refused):
    for token in ("nonsense", "n/" + "0" * 56 + "/s", "f/" + "9" * 56 + "/s"):
        expected = ("InvalidParameterException", "The specified nextToken is invalid.")
        assert refused(logs.get_log_events, **stream, nextToken=token) == expected
        assert refused(logs.filter_log_events, logGroupName=stream["logGroupName"], nextToken=token) == expected


def test_events_of_a_group_come_in_the_order_of_their_times(logs, group):
    at = now() - HOUR
    for place, each in enumerate(("web/1", "web/2", "db")):
        logs.create_log_stream(logGroupName=group, logStreamName=each)
        logs.put_log_events(logGroupName=group, logStreamName=each, logEvents=lines(*"abc", at=at + place, step=10))

    def found(**options):
        pager = logs.get_paginator("filter_log_events").paginate(logGroupIdentifier=group, **options)
        return [(each["logStreamName"], each["message"]) for page in pager for each in page["events"]]

    whole = [(each, text) for text in "abc" for each in ("web/1", "web/2", "db")]
    assert found() == whole
    assert found(limit=2) == whole
    assert found(logStreamNamePrefix="web/") == [each for each in whole if each[0] != "db"]
    assert found(logStreamNames=["db", "web/2"]) == [each for each in whole if each[0] != "web/1"]
    assert found(startTime=at + 2, endTime=at + 10) == [("db", "a"), ("web/1", "b")]
    assert found(filterPattern="b", limit=1) == [each for each in whole if each[1] == "b"]
    answer = logs.filter_log_events(logGroupName=group)
    assert answer["searchedLogStreams"] == [] and "nextToken" not in answer
    assert len({each["eventId"] for each in answer["events"]}) == 9
    assert set(answer["events"][0]) == {"logStreamName", "timestamp", "message", "ingestionTime", "eventId"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["1", "2", "3", "4"]),
        ("ERROR", ["1", "2"]),
        ("ERROR ARGUMENTS", ["2"]),
        ("ERROR -ARGUMENTS", ["1"]),
        ('"BAD REQUEST"', ["1"]),
        ('-"[ERROR"', ["3", "4"]),
        ("?WARN ?ARGUMENTS", ["2", "3"]),
        ("error", []),
    ],
)
def test_patterns_of_plain_terms(logs, stream, pattern, expected):
    said = ["1 [ERROR 400] BAD REQUEST", "2 [ERROR 419] MISSING ARGUMENTS", "3 [WARN] disk", "4 [INFO] up"]
    logs.put_log_events(**stream, logEvents=lines(*said))
    answer = logs.filter_log_events(logGroupName=stream["logGroupName"], filterPattern=pattern)
    assert [text[0] for text in texts(answer)] == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.level = "ERROR" }', ["1", "2"]),
        ('{ $.level = "ERROR" && $.code >= 500 }', ["2"]),
        ("{ $.code = 4* || $.level = %^W% }", ["1", "3"]),
        ("{ $.user.id NOT EXISTS }", ["2", "3"]),
        ("%4[0-9]{2}%", ["1", "5"]),
        ("[ip, user, status = 4*]", ["5"]),
        ("[ip, ..., last = a*]", ["4"]),
    ],
)
def test_patterns_of_fields_and_regular_expressions(logs, stream, pattern, expected):
    said = [
        '{"n": 1, "level": "ERROR", "code": 404, "user": {"id": 7}}',
        '{"n":  2, "level": "ERROR", "code": 500}',
        '{"n":   3, "level": "WARN"}',
        "10.0.0.4 ann",
        "10.0.0.5 bob 404",
    ]
    logs.put_log_events(**stream, logEvents=lines(*said))
    answer = logs.filter_log_events(logGroupName=stream["logGroupName"], filterPattern=pattern)
    found = [str(said.index(text) + 1) for text in texts(answer)]
    assert found == expected


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ('{ $.level = "ERROR"', "closing brace expected at character 20"),
        ("{ $.level = 'ERROR' }", "Invalid character(s) in term"),
        ("[a, b", "closing bracket expected"),
        ("%AUTHORI!ED%", "Invalid regular expression 'AUTHORI!ED'"),
        ("Key:", "Invalid character(s) in term ':'"),
        ('""', "Invalid character(s) in term '\"\"'"),
    ],
)
def test_what_is_no_pattern_is_refused(logs, stream, refused, pattern, named):
    code, message = refused(logs.filter_log_events, logGroupName=stream["logGroupName"], filterPattern=pattern)
    assert code == "InvalidParameterException"
    assert message.startswith("Invalid filter pattern: ") and named in message


def test_bad_searches_are_refused(logs, stream, refused):
    group = stream["logGroupName"]
    both = {"logStreamNames": ["main"], "logStreamNamePrefix": "m"}
    assert refused(logs.filter_log_events, logGroupName=group, **both)[0] == "InvalidParameterException"
    missing = refused(logs.filter_log_events, logGroupName=group, logStreamNames=["main", "nobody"])
    assert missing == ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert refused(logs.filter_log_events, logGroupName="no-such-group")[0] == "ResourceNotFoundException"


# The installation


def test_events_survive_a_kill(fresh):
    installation = fresh().start()
    logs = installation.client("logs")
    logs.create_log_group(logGroupName="kept")
    logs.create_log_group(logGroupName="gone")
    place = {"logGroupName": "kept", "logStreamName": "main"}
    logs.create_log_stream(**place)
    acknowledged = []
    for number in range(30):
        logs.put_log_events(**place, logEvents=lines(f"line {number}", at=now()))
        acknowledged.append(f"line {number}")
    logs.delete_log_group(logGroupName="gone")
    installation.kill()
    logs = installation.start().client("logs")
    assert texts(logs.get_log_events(**place, startFromHead=True)) == acknowledged
    assert [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]] == ["kept"]
    assert described(logs, "kept")["storedBytes"] == sum(len(text) + 26 for text in acknowledged)
    assert (installation.folder / "server" / "logs").is_dir()


NOT_FOR_NODES = {
    "delete_log_group": {"logGroupName": "g"},
    "describe_log_groups": {},
    "delete_log_stream": {"logGroupName": "g", "logStreamName": "s"},
    "describe_log_streams": {"logGroupName": "g"},
    "get_log_events": {"logGroupName": "g", "logStreamName": "s"},
    "filter_log_events": {"logGroupName": "g"},
}


@pytest.mark.parametrize("operation", NOT_FOR_NODES)
def test_node_neither_reads_nor_deletes_logs(berth, refused, operation):
    node = berth.client("logs", key=berth.node_key())
    code, message = refused(getattr(node, operation), **NOT_FOR_NODES[operation])
    assert code == "AccessDeniedException" and "not authorized to perform: logs:" in message


def test_node_writes_what_its_tasks_log(berth, logs, name):
    node = berth.client("logs", key=berth.node_key())
    place = {"logGroupName": name, "logStreamName": "web/main/1"}
    node.create_log_group(logGroupName=name)
    node.create_log_stream(**place)
    node.put_log_events(**place, logEvents=lines("hello", at=now()))
    assert texts(logs.get_log_events(**place, startFromHead=True)) == ["hello"]


def test_request_that_is_no_batch_is_refused(door, stream):
    body = json.dumps({**stream, "logEvents": "no list"}).encode()
    told = {"Content-Type": JSON, "X-Amz-Target": "Logs_20140328.PutLogEvents"}
    answer = door.send(door.signed(body=body, headers=told, service="logs"))
    assert answer.status == 400 and answer.code == "SerializationException"
