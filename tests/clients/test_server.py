"""The processes: how they start, what they tell, how they end, and what is there afterwards."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from conftest import CONTAINER
from deadline import eventually
from installation import SURROUNDINGS, AccessKey


def test_health_is_told_without_a_signature(berth):
    with berth.http("/_berth/health") as answer:
        assert answer.status == 200
        assert answer.read().startswith(b'{"status":"ok"')


def test_metrics_count_each_operation(berth, ecs, refused):
    def count(operation, **labels):
        with berth.http("/metrics") as answer:
            assert answer.headers["Content-Type"].startswith(("application/openmetrics-text", "text/plain"))
            text = answer.read().decode()
        assert text.endswith("# EOF\n")
        found = 0
        for line in re.findall(rf'^berth_requests_total{{(.*operation="{operation}".*)}} (\d+)$', text, re.MULTILINE):
            found += int(line[1]) if all(f'{name}="{value}"' in line[0] for name, value in labels.items()) else 0
        return found

    before = count("ListClusters", status=200), count("ListTasks", code="ClusterNotFoundException", status=400)
    ecs.list_clusters()
    refused(ecs.list_tasks, cluster="no-such-cluster")
    after = count("ListClusters", status=200), count("ListTasks", code="ClusterNotFoundException", status=400)
    assert after == (before[0] + 1, before[1] + 1)


def test_metrics_show_what_each_step_took(berth, ecs):
    ecs.list_clusters()
    with berth.http("/metrics") as answer:
        text = answer.read().decode()
    for step in ["read", "authenticate", "decode", "authorise", "validate", "run", "encode"]:
        counted = rf'berth_request_step_duration_seconds_count{{.*operation="ListClusters",step="{step}".*}} [1-9]'
        assert re.search(counted, text), step


def test_log_shows_what_a_request_cost(fresh):
    berth = fresh().start("--log-format", "json", "--log-level", "debug")
    id = berth.client("ecs").list_clusters()["ResponseMetadata"]["RequestId"]
    lines = [json.loads(line) for line in berth.log.read_text().splitlines() if id in line]
    answered = next(line for line in lines if line["message"] == "answered")
    assert (answered["operation"], answered["status"]) == ("ListClusters", 200)
    steps = ["read", "authenticate", "decode", "authorise", "validate", "run", "encode"]
    assert 0 < sum(answered[step] for step in steps) <= answered["micros"]


def test_shim_that_is_not_there_is_said(binary, tmp_path):
    up = [binary, "up", "--data-dir", tmp_path, "--shim", tmp_path / "berth-shim"]
    said = subprocess.run(up, capture_output=True, text=True, timeout=30, check=False)
    assert said.returncode == 1 and "BERTH_SHIM" in said.stderr


def test_new_installation_is_ready_soon(fresh, record_property, capsys):
    began = time.monotonic()
    fresh().start()
    took = time.monotonic() - began
    record_property("ready_in_seconds", took)
    with capsys.disabled():
        print(f" [ready in {took:.2f} s]", end="")


def test_restart_keeps_everything(fresh):
    berth = fresh().start()
    ecs = berth.client("ecs")
    ecs.create_cluster(clusterName="kept", tags=[{"key": "a", "value": "1"}])
    ecs.register_task_definition(family="kept", networkMode="host", containerDefinitions=[CONTAINER])
    key = berth.root_key()
    assert berth.terminate() == 0
    berth.start()
    again = berth.client("ecs")
    assert again.describe_clusters(clusters=["kept"], include=["TAGS"])["clusters"][0]["tags"] == [{"key": "a", "value": "1"}]
    assert again.describe_task_definition(taskDefinition="kept")["taskDefinition"]["revision"] == 1
    assert (berth.root_key().id, berth.root_key().secret) == (key.id, key.secret)


def test_killed_server_is_started_again_with_all_it_acknowledged(fresh):
    berth = fresh().start()
    address, before = berth.address, berth.server_pid()
    ecs = berth.client("ecs")
    acknowledged = []
    for number in range(5):
        ecs.create_cluster(clusterName=f"c{number}")
        acknowledged.append(f"c{number}")
    os.kill(before, signal.SIGKILL)
    # The supervisor holds the socket: a caller waits in its queue, and is served by the next server.
    answer = berth.client("ecs", retries={"total_max_attempts": 4}).describe_clusters(clusters=acknowledged)
    assert [cluster["clusterName"] for cluster in answer["clusters"]] == acknowledged
    assert eventually(berth.server_pid, "another server") != before
    assert berth.address == address
    assert "the server died and is started again" in berth.log.read_text()


def test_server_does_not_outlive_its_supervisor(fresh):
    berth = fresh().start()
    server = berth.server_pid()
    os.kill(berth.up.pid, signal.SIGKILL)
    berth.up.wait()
    berth.start()
    assert berth.client("ecs").list_clusters()["clusterArns"]
    assert has_ended(server)


def test_power_cut_loses_nothing_acknowledged(fresh):
    berth = fresh().start()
    ecs = berth.client("ecs")
    for number in range(5):
        ecs.register_task_definition(family="kept", networkMode="host", containerDefinitions=[CONTAINER])
    berth.kill()
    assert_nothing_runs(berth)
    berth.start()
    arns = berth.client("ecs").list_task_definitions(familyPrefix="kept")["taskDefinitionArns"]
    assert [arn.rsplit(":", 1)[1] for arn in arns] == ["1", "2", "3", "4", "5"]


def assert_nothing_runs(berth):
    said = berth.run("env", check=False)
    assert said.returncode == 1 and "no Berth runs in" in said.stderr and "berth up" in said.stderr


def has_ended(pid):
    """Whether the process is gone, or nothing but a status that nobody has asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].startswith("Z")
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_everything(fresh, end):
    berth = fresh().start()
    address, server = berth.address, berth.server_pid()
    berth.up.send_signal(end)
    assert berth.up.wait(timeout=30) == 0
    assert has_ended(server)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(tuple(address.rsplit(":", 1)), timeout=5)
    assert_nothing_runs(berth)


def test_running_request_is_answered_before_the_end(fresh):
    berth = fresh().start()
    ecs = berth.client("ecs")
    ecs.create_cluster(clusterName="last")
    berth.up.send_signal(signal.SIGTERM)
    try:
        ecs.create_cluster(clusterName="later")
    except (EndpointConnectionError, ClientError, OSError):
        pass
    except Exception as error:
        assert "Connection" in type(error).__name__, error
    assert berth.up.wait(timeout=30) == 0
    berth.start()
    assert berth.client("ecs").describe_clusters(clusters=["last"])["failures"] == []


def test_second_process_on_the_same_data_is_refused(fresh):
    berth = fresh().start()
    for command in [["up", "--no-agent"], ["server"]]:
        second = berth.run(*command, "--listen", "127.0.0.1:0", check=False)
        assert second.returncode == 1
        assert f"another Berth runs in {berth.folder}" in second.stderr and "--data-dir" in second.stderr
    assert berth.is_healthy()


def test_port_that_is_taken_is_named(fresh):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = fresh().run("up", "--no-agent", "--listen", f"127.0.0.1:{port}", check=False)
    assert said.returncode == 1
    assert f"listening on 127.0.0.1:{port}" in said.stderr and "--listen" in said.stderr


def test_preset_credentials_are_roots(fresh):
    key = AccessKey("AKIDPRESETFORCI000001", "preset/secret+with=signs")
    preset = {"BERTH_ROOT_ACCESS_KEY_ID": key.id, "BERTH_ROOT_SECRET_ACCESS_KEY": key.secret}
    berth = fresh().start(environment=preset)
    assert berth.client("sts", key=key).get_caller_identity()["Arn"].endswith(":root")
    assert berth.environment()["AWS_ACCESS_KEY_ID"] == key.id
    berth.terminate()
    berth.start()
    assert berth.client("sts", key=key).get_caller_identity()["Arn"].endswith(":root")


@pytest.mark.parametrize(
    "preset, text",
    [
        ({"BERTH_ROOT_ACCESS_KEY_ID": "AKIDPRESETFORCI000001"}, "set both or neither"),
        ({"BERTH_ROOT_ACCESS_KEY_ID": "short", "BERTH_ROOT_SECRET_ACCESS_KEY": "long-enough"}, "16 to 128"),
        ({"BERTH_ROOT_ACCESS_KEY_ID": "A" * 20, "BERTH_ROOT_SECRET_ACCESS_KEY": "short"}, "at least 8"),
    ],
)
def test_preset_credentials_that_cannot_be_are_refused(fresh, preset, text):
    said = fresh().run("up", "--no-agent", "--listen", "127.0.0.1:0", environment=preset, check=False)
    assert said.returncode == 1 and text in said.stderr


@pytest.mark.parametrize(
    "options, text",
    [
        (["--account-id", "12"], "12 digits"),
        (["--region", "No Region"], "--region No Region"),
        (["--log-level", "a=b=c"], "--log-level a=b=c"),
        (["--listen", "nowhere"], "--listen"),
    ],
)
def test_options_that_cannot_be_are_refused(fresh, options, text):
    said = fresh().run("up", "--no-agent", *options, check=False)
    assert said.returncode in {1, 2} and text in said.stderr


def test_region_and_account_of_the_installation(fresh):
    berth = fresh().start("--region", "eu-west-3", "--account-id", "123456789012")
    assert berth.environment()["AWS_REGION"] == "eu-west-3"
    cluster = berth.client("ecs").describe_clusters()["clusters"][0]
    assert cluster["clusterArn"] == "arn:aws:ecs:eu-west-3:123456789012:cluster/default"
    assert berth.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_env_is_evaluated_by_a_shell(berth):
    script = f'eval "$({berth.binary} env --data-dir {berth.folder})" && env'
    surroundings = SURROUNDINGS | {"AWS_SESSION_TOKEN": "stale", "AWS_PROFILE": "other"}
    done = subprocess.run(["sh", "-ec", script], env=surroundings, capture_output=True, text=True, timeout=30, check=True)
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith(("AWS_", "BERTH_S")))
    assert told == berth.environment()
    assert told["AWS_ENDPOINT_URL"] == f"http://{berth.address}"


def test_data_folder_may_be_named_by_the_environment(berth):
    surroundings = SURROUNDINGS | {"BERTH_DATA_DIR": str(berth.folder)}
    done = subprocess.run([berth.binary, "env"], env=surroundings, capture_output=True, text=True, timeout=30, check=True)
    assert f"http://{berth.address}" in done.stdout


def test_version_is_told(binary):
    plain = subprocess.run([binary, "version"], capture_output=True, text=True, timeout=30, check=True)
    assert re.fullmatch(r"berth \d+\.\d+\.\d+\S*\n", plain.stdout)
    flag = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30, check=True)
    assert flag.stdout == plain.stdout


def test_server_command_serves_alone(fresh):
    berth = fresh()
    berth.launch("server", "--listen", "127.0.0.1:0")
    eventually(berth.is_healthy, "a healthy server")
    assert berth.client("ecs").list_clusters()["clusterArns"]
    assert berth.terminate() == 0
    assert_nothing_runs(berth)


def test_keys_are_nobody_elses(berth):
    for key in ["root-key.json", "agent/node-key.json", "server/keys.json"]:
        assert stat.S_IMODE((berth.folder / key).stat().st_mode) == 0o600, key
    assert stat.S_IMODE((berth.folder / "agent").stat().st_mode) == 0o700
    assert stat.S_IMODE((berth.folder / "server").stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_server_is_not_root_and_sees_only_its_folder(berth):
    pid = berth.server_pid()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    ids = {*status["Uid"].split(), *status["Gid"].split()}
    assert "0" not in ids and len(ids) == 1
    assert status["Groups"].split() in ([], list(ids))
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapAmb"], 16) == 0
    assert os.path.samefile(f"/proc/{pid}/root", berth.folder / "server")
    assert os.stat(berth.folder / "server").st_uid == int(next(iter(ids)))


def test_secrets_are_not_logged(berth, door):
    door.ecs("ListClusters", {}, secret="a-secret-that-is-wrong-and-should-not-show")
    text = berth.log.read_text()
    for secret in [berth.root_key().secret, berth.node_key().secret, "should-not-show"]:
        assert secret not in text


def test_refused_request_is_in_the_log_with_its_id(berth, door):
    id = door.ecs("DescribeTasks", {"tasks": []}).headers["x-amzn-requestid"]
    lines = [line for line in berth.log.read_text().splitlines() if id in line]
    assert any('"message":"refused"' in line or "refused" in line for line in lines)
    assert any('"target":"audit"' in line for line in lines)
