"""Live Tail: events of log groups as they come in."""

import subprocess
import threading
import time

import pytest

from deadline import eventually
from test_cli import AWS, SURROUNDINGS

ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"


@pytest.fixture(scope="session")
def logs(berth):
    # As AWS_DISABLE_HOST_PREFIX_INJECTION of `berth env` has it: an address of numbers has no host before it.
    return berth.client("logs", inject_host_prefix=False)


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=name)
    for stream in ("web-1", "web-2"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    return name


def put(logs, group, stream, *texts):
    events = [{"timestamp": int(time.time() * 1000), "message": text} for text in texts]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


class Session:
    """A tail, read by a thread of its own."""

    def __init__(self, logs, **given):
        self.stream = logs.start_live_tail(**given)["responseStream"]
        self.events = iter(self.stream)
        self.start = next(self.events)["sessionStart"]
        self.updates, self.is_closed = [], False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            for event in self.events:
                self.updates.append(event["sessionUpdate"])
        except Exception:
            # Whatever a reader says whose connection is taken from it.
            if not self.is_closed:
                raise

    def close(self):
        self.is_closed = True
        self.stream.close()
        self.reader.join(timeout=10)

    def results(self):
        return [result for update in self.updates for result in update["sessionResults"]]

    def texts(self):
        return [result["message"] for result in self.results()]


@pytest.fixture
def tail(logs):
    open_ = []

    def start(**given):
        open_.append(Session(logs, **given))
        return open_[-1]

    yield start
    for session in open_:
        session.close()


def test_events_are_shown_as_they_come_in(logs, group, tail):
    put(logs, group, "web-1", "before")
    session = tail(logGroupIdentifiers=[ARN + group])
    assert session.start["logGroupIdentifiers"] == [ARN + group] and session.start["sessionId"] and session.start["requestId"]
    put(logs, group, "web-1", "one", "two")
    put(logs, group, "web-2", "three")
    eventually(lambda: len(session.results()) == 3, "three events")
    assert sorted(session.texts()) == ["one", "three", "two"]
    shown = next(result for result in session.results() if result["message"] == "three")
    assert shown["logStreamName"] == "web-2" and shown["logGroupIdentifier"] == f"000000000000:{group}"
    assert abs(shown["ingestionTime"] - shown["timestamp"]) < 10_000
    assert all(update["sessionMetadata"] == {"sampled": False} for update in session.updates)


def test_patterns_and_streams_choose(logs, group, tail):
    errors = tail(logGroupIdentifiers=[ARN + group], logEventFilterPattern="ERROR")
    named = tail(logGroupIdentifiers=[ARN + group], logStreamNames=["web-2"])
    prefixed = tail(logGroupIdentifiers=[ARN + group], logStreamNamePrefixes=["web"])
    assert errors.start["logEventFilterPattern"] == "ERROR" and named.start["logStreamNames"] == ["web-2"]
    put(logs, group, "web-1", "ERROR one", "fine")
    put(logs, group, "web-2", "ERROR two", "last")
    eventually(lambda: "last" in prefixed.texts() and "last" in named.texts() and "ERROR two" in errors.texts(), "all events")
    assert sorted(errors.texts()) == ["ERROR one", "ERROR two"]
    assert sorted(named.texts()) == ["ERROR two", "last"]
    assert len(prefixed.texts()) == 4


def test_more_than_can_be_shown_is_sampled(logs, group, tail):
    session = tail(logGroupIdentifiers=[ARN + group])
    put(logs, group, "web-1", *[f"line {number}" for number in range(2000)])
    sampled = eventually(
        lambda: next((update for update in session.updates if update["sessionMetadata"]["sampled"]), None), "a sample"
    )
    assert len(sampled["sessionResults"]) == 500


def test_session_says_each_second_that_it_is_there(group, tail):
    session = tail(logGroupIdentifiers=[ARN + group])
    eventually(lambda: len(session.updates) >= 2, "two updates")
    assert session.updates[0] == {"sessionMetadata": {"sampled": False}, "sessionResults": []}


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({"logGroupIdentifiers": ["plain-name"]}, "InvalidParameterException", "is no ARN of a log group"),
        ({"logGroupIdentifiers": [f"{ARN}nothing-here"]}, "ResourceNotFoundException", "does not exist"),
        ({"logGroupIdentifiers": [f"{ARN}g{number}" for number in range(11)]}, "InvalidParameterException", "equal to 10"),
        ({"logStreamNames": ["a"], "logStreamNamePrefixes": ["b"]}, "InvalidParameterException", "mutually exclusive"),
        ({"logEventFilterPattern": "{"}, "InvalidParameterException", "Invalid filter pattern"),
    ],
)
def test_session_that_cannot_be_is_refused(logs, group, refused, given, code, text):
    found, message = refused(logs.start_live_tail, **{"logGroupIdentifiers": [ARN + group], **given})
    assert found == code and text in message


def test_streams_are_named_in_one_group_only(logs, group, name, refused):
    logs.create_log_group(logGroupName=f"{name}-2")
    both = [ARN + group, f"{ARN}{name}-2"]
    code, message = refused(logs.start_live_tail, logGroupIdentifiers=both, logStreamNames=["web-1"])
    assert code == "InvalidParameterException" and "single log group" in message


def test_group_of_infrequent_access_has_no_tail(logs, name, refused):
    logs.create_log_group(logGroupName=name, logGroupClass="INFREQUENT_ACCESS")
    assert refused(logs.start_live_tail, logGroupIdentifiers=[ARN + name])[0] == "InvalidOperationException"


def test_only_so_many_sessions_are_open(berth, tail, refused):
    elsewhere = berth.client("logs", region="ap-south-1", inject_host_prefix=False, max_pool_connections=30)
    elsewhere.create_log_group(logGroupName="many")
    arn = "arn:aws:logs:ap-south-1:000000000000:log-group:many"
    open_ = [Session(elsewhere, logGroupIdentifiers=[arn]) for _ in range(15)]
    assert refused(elsewhere.start_live_tail, logGroupIdentifiers=[arn])[0] == "LimitExceededException"
    open_.pop().close()

    def another():
        try:
            return Session(elsewhere, logGroupIdentifiers=[arn])
        except elsewhere.exceptions.LimitExceededException:
            return None

    open_.append(eventually(another, "room for another session"))
    for session in open_:
        session.close()


def test_cli_tails(berth, logs, group, tmp_path):
    environment = SURROUNDINGS | berth.environment() | {"HOME": str(tmp_path), "AWS_PAGER": "", "PYTHONUNBUFFERED": "1"}
    arguments = [AWS, "logs", "start-live-tail", "--log-group-identifiers", ARN + group]
    with open(tmp_path / "out", "wb") as out:
        process = subprocess.Popen(arguments, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:

        def shown():
            # It says nothing when it has begun, so that it is told again.
            put(logs, group, "web-1", "for the CLI")
            return "for the CLI" in (tmp_path / "out").read_text()

        eventually(shown, "the line in the CLI's output", within=30)
    finally:
        process.kill()
        process.wait()
