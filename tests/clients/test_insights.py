"""Logs Insights: queries over log groups."""

import json
import re
import time
from datetime import datetime

import pytest

from deadline import eventually
from test_cli import Cli

HOUR = 3_600_000


@pytest.fixture(scope="session")
def logs(berth):
    return berth.client("logs")


@pytest.fixture
def aws(berth, tmp_path):
    return Cli(berth, tmp_path)


def now():
    return int(time.time() * 1000)


@pytest.fixture(scope="module")
def requests(logs):
    """A group with sixty requests, a second apart, in two streams; the clock that stamped them is a little ahead."""
    group = f"requests-{now()}"
    logs.create_log_group(logGroupName=group)
    start = now() + 1000
    for stream in ("web-1", "web-2"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    for number in range(60):
        status = 500 if number % 10 == 0 else 200
        message = json.dumps({"path": f"/p{number % 3}", "http": {"status": status}, "took": number + 0.5, "ok": status == 200})
        event = {"timestamp": start + number * 1000, "message": message}
        logs.put_log_events(logGroupName=group, logStreamName=f"web-{number % 2 + 1}", logEvents=[event])
    return group


def ask(logs, query, *groups, **more):
    given = {"logGroupNames": list(groups)} if groups else {}
    around = {"startTime": now() // 1000 - 3600, "endTime": now() // 1000 + 3600}
    started = logs.start_query(**{**around, **given, "queryString": query, **more})
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", started["queryId"])

    def ended():
        answer = logs.get_query_results(queryId=started["queryId"])
        return answer if answer["status"] not in ("Scheduled", "Running") else None

    return started["queryId"], eventually(ended, "the end of the query")


def rows(logs, query, *groups, **more):
    _, answer = ask(logs, query, *groups, **more)
    assert answer["status"] == "Complete"
    return [{field["field"]: field["value"] for field in row} for row in answer["results"]]


def test_newest_events_come_with_time_message_and_pointer(logs, requests):
    found = rows(logs, "fields @timestamp, @message | limit 2", requests)
    assert [list(row) for row in found] == [["@timestamp", "@message", "@ptr"]] * 2
    assert [json.loads(row["@message"])["took"] for row in found] == [59.5, 58.5]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", found[0]["@timestamp"])


def test_filters_fields_and_functions(logs, requests):
    query = "filter http.status >= 500 and path like /p[01]/ | fields concat(path, '!') as p, took * 2 as twice | sort twice asc"
    found = rows(logs, query, requests)
    assert [(row["p"], row["twice"]) for row in found] == [("/p0!", "1"), ("/p1!", "21"), ("/p0!", "61"), ("/p1!", "81")]


def test_stats_by_field_and_time(logs, requests):
    found = rows(logs, "stats count(*) as n, avg(took), pct(took, 90) as p90 by path | sort path", requests)
    assert [(row["path"], row["n"], row["avg(took)"], row["p90"]) for row in found] == [
        ("/p0", "20", "29", "51.5"),
        ("/p1", "20", "30", "52.5"),
        ("/p2", "20", "31", "53.5"),
    ]
    found = rows(logs, "stats count(*) by bin(1d)", requests)
    assert sum(int(row["count(*)"]) for row in found) == 60 and all(row["bin(1d)"].endswith(" 00:00:00.000") for row in found)


def test_parse_dedup_and_display(logs, requests):
    query = 'parse @message "\\"path\\": \\"*\\"" as where | dedup where | sort where desc | display where, @logStream'
    found = rows(logs, query, requests)
    assert [row["where"] for row in found] == ["/p2", "/p1", "/p0"]
    assert all(set(row) == {"where", "@logStream", "@ptr"} for row in found)


def test_groups_are_named_in_each_way(logs, requests, name):
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[{"timestamp": now(), "message": "other"}])
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{requests}"
    count = "stats count(*) as n by @log"
    expected = {"n": "60", "@log": f"000000000000:{requests}"}
    assert rows(logs, count, logGroupName=requests) == [expected]
    assert rows(logs, count, logGroupIdentifiers=[arn]) == [expected]
    found = rows(logs, count + " | sort n", logGroupIdentifiers=[arn, name])
    assert [row["n"] for row in found] == ["1", "60"]
    query, _ = ask(logs, count, requests, name)
    listed = logs.list_log_groups_for_query(queryId=query, maxResults=50)["logGroupIdentifiers"]
    assert sorted(listed) == sorted([arn, arn.replace(requests, name)])


def test_times_are_seconds_or_milliseconds_and_their_ends_count(logs, requests):
    last = rows(logs, "fields @timestamp | limit 1", requests)[0]["@timestamp"]
    exact = round(datetime.strptime(f"{last}+0000", "%Y-%m-%d %H:%M:%S.%f%z").timestamp() * 1000)
    at = exact // 1000
    assert len(rows(logs, "fields 1", requests, startTime=at, endTime=at)) == 1
    assert len(rows(logs, "fields 1", requests, startTime=exact, endTime=exact)) == 1
    assert rows(logs, "fields 1", requests, startTime=exact + 1, endTime=exact + 10) == []


def test_statistics_say_what_was_read(logs, requests):
    _, answer = ask(logs, "filter http.status = 500 | stats count(*)", requests)
    seen = answer["statistics"]
    assert (seen["recordsMatched"], seen["recordsScanned"], seen["logGroupsScanned"]) == (6, 60, 1)
    assert seen["bytesScanned"] > 60 * 50 and answer["queryLanguage"] == "CWLI"


def test_long_results_come_in_pages(logs, requests):
    query, answer = ask(logs, "fields took", requests, limit=25)
    assert len(answer["results"]) == 25 and "nextToken" not in answer
    pages, token = [], {}
    while True:
        page = logs.get_query_results(queryId=query, maxItems=10, **token)
        pages.append(page["results"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sum(pages, []) == answer["results"]


def test_pointer_leads_to_the_whole_event(logs, requests, refused):
    found = rows(logs, "fields took | limit 1", requests)[0]
    record = logs.get_log_record(logRecordPointer=found["@ptr"])["logRecord"]
    assert record["http.status"] == "200" and record["took"] == "59.5" and record["ok"] == "1"
    assert record["@log"] == f"000000000000:{requests}" and record["@logStream"] == "web-2" and record["@ptr"] == found["@ptr"]
    assert json.loads(record["@message"])["path"] == "/p2" and record["@timestamp"].isdigit()
    assert refused(logs.get_log_record, logRecordPointer="nonsense")[0] == "InvalidParameterException"
    logs.create_log_group(logGroupName=f"{requests}-gone")
    logs.create_log_stream(logGroupName=f"{requests}-gone", logStreamName="s")
    event = {"timestamp": now(), "message": "x"}
    logs.put_log_events(logGroupName=f"{requests}-gone", logStreamName="s", logEvents=[event])
    pointer = rows(logs, "fields 1", f"{requests}-gone")[0]["@ptr"]
    logs.delete_log_group(logGroupName=f"{requests}-gone")
    assert refused(logs.get_log_record, logRecordPointer=pointer)[0] == "ResourceNotFoundException"


def test_fields_of_a_group_are_found(logs, requests, refused):
    found = {field["name"]: field["percent"] for field in logs.get_log_group_fields(logGroupName=requests)["logGroupFields"]}
    assert found["@message"] == found["http.status"] == found["took"] == 100
    earlier = logs.get_log_group_fields(logGroupName=requests, time=now() // 1000 - 86_400)["logGroupFields"]
    assert earlier == []
    assert refused(logs.get_log_group_fields, logGroupName="nothing")[0] == "ResourceNotFoundException"


def test_queries_are_described_the_newest_first(logs, requests, refused):
    first, _ = ask(logs, "fields took | limit 1", requests)
    second, _ = ask(logs, "fields path | limit 2", requests)
    listed = logs.describe_queries(logGroupName=requests)["queries"]
    assert [query["queryId"] for query in listed[:2]] == [second, first]
    assert listed[0]["queryString"] == "fields path | limit 2" and listed[0]["status"] == "Complete"
    assert listed[0]["logGroupName"] == requests and abs(listed[0]["createTime"] - now()) < HOUR
    assert logs.describe_queries(logGroupName=requests, status="Running")["queries"] == []
    page = logs.describe_queries(logGroupName=requests, maxResults=1)
    following = logs.describe_queries(logGroupName=requests, maxResults=1, nextToken=page["nextToken"])
    assert [each["queries"][0]["queryId"] for each in (page, following)] == [second, first]
    assert refused(logs.describe_queries, nextToken="nonsense")[0] == "InvalidParameterException"


def test_query_that_is_over_is_not_stopped(logs, requests, refused):
    query, _ = ask(logs, "fields took", requests)
    code, message = refused(logs.stop_query, queryId=query)
    assert (code, message) == ("InvalidParameterException", "The specified query is not running.")


def test_query_is_stopped(logs, name):
    """Behind queries that take a while, one waits long enough to be stopped."""
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    events = [{"timestamp": now(), "message": "x" * 80}] * 8000
    for _ in range(10):
        logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    around = {"startTime": 0, "endTime": now() // 1000, "logGroupName": name}
    slow = "filter @message like /(x.x)+y/ | stats count(*) by strlen(replace(@message, 'x', 'yy'))"
    queries = [logs.start_query(queryString=slow, **around)["queryId"] for _ in range(6)]
    assert logs.stop_query(queryId=queries[-1])["success"] is True
    assert logs.get_query_results(queryId=queries[-1])["status"] == "Cancelled"


@pytest.mark.parametrize(
    ("query", "text", "start", "end"),
    [
        ("fields @message | count(*)", "unexpected symbol found count at line 1 and position 19", 18, 23),
        ("filter took >", "unexpected symbol found the end of the query", 13, 13),
        ("filter nothing(took)", "there is no function nothing", 7, 15),
        ("pattern @message", "the command pattern is not supported here", 0, 7),
    ],
)
def test_text_that_is_no_query_is_refused_with_its_place(logs, requests, query, text, start, end):
    with pytest.raises(logs.exceptions.MalformedQueryException) as caught:
        ask(logs, query, requests)
    answer = caught.value.response
    assert text in answer["Error"]["Message"]
    assert answer["queryCompileError"]["location"] == {"startCharOffset": start, "endCharOffset": end}
    assert text in answer["queryCompileError"]["message"]


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({}, "InvalidParameterException", "Exactly one of"),
        ({"logGroupName": "a", "logGroupNames": ["b"]}, "InvalidParameterException", "Exactly one of"),
        ({"logGroupNames": [f"g{number}" for number in range(51)]}, "InvalidParameterException", "between 1 and 50 log groups"),
        ({"logGroupName": "nothing-here"}, "ResourceNotFoundException", "does not exist"),
        ({"logGroupName": "a", "startTime": 10, "endTime": 5}, "InvalidParameterException", "must not be after"),
        ({"logGroupName": "a", "limit": 100_001}, "InvalidParameterException", "less than or equal to 100000"),
        ({"logGroupName": "a", "queryLanguage": "SQL"}, "InvalidParameterException", "not supported here"),
        ({"logGroupName": "a", "queryString": "x" * 10_001}, "InvalidParameterException", "less than or equal to 10000"),
    ],
)
def test_query_that_cannot_be_is_refused(logs, refused, given, code, text):
    around = {"startTime": 0, "endTime": now() // 1000, "queryString": "fields 1"}
    found, message = refused(logs.start_query, **{**around, **given})
    assert found == code and text in message


def test_query_of_a_time_before_the_group_is_refused(logs, requests, refused):
    code, message = refused(logs.start_query, logGroupName=requests, startTime=1, endTime=2, queryString="fields 1")
    assert code == "MalformedQueryException" and "before the log groups creation time" in message


def test_query_that_is_not_known_does_not_exist(logs, refused):
    for call in (logs.get_query_results, logs.stop_query, logs.list_log_groups_for_query):
        assert refused(call, queryId="12345678-1234-1234-1234-123456789012")[0] == "ResourceNotFoundException"


def test_queries_of_another_region_are_not_seen(logs, berth, requests, refused):
    query, _ = ask(logs, "fields 1", requests)
    elsewhere = berth.client("logs", region="eu-west-1")
    assert refused(elsewhere.get_query_results, queryId=query)[0] == "ResourceNotFoundException"
    assert query not in [each["queryId"] for each in elsewhere.describe_queries()["queries"]]


def test_cli_asks(aws, requests):
    around = ["--start-time", now() // 1000 - 3600, "--end-time", now() // 1000 + 3600]
    query = aws("logs", "start-query", "--log-group-name", requests, *around, "--query-string", "stats count(*) as n")["queryId"]

    def ended():
        answer = aws("logs", "get-query-results", "--query-id", query)
        return answer if answer["status"] == "Complete" else None

    assert eventually(ended, "the end of the query")["results"] == [[{"field": "n", "value": "60"}]]
