"""A Berth installation as a user has one: a data folder, the real binary, and AWS clients pointed at it."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.session import Session

from deadline import eventually

# Retries would hide a server that answers 500 or hangs up now and then.
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
# What a child inherits of the caller's surroundings: nothing that points at another installation or account.
SURROUNDINGS = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


class Installation:
    """One data folder, and the processes that this object started in it."""

    def __init__(self, binary: Path, folder: Path):
        self.binary = binary
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self.up = None

    def start(self, *options, environment=None):
        """Starts `berth up` on a free port and waits until it serves."""
        self.launch("up", "--no-agent", "--listen", "127.0.0.1:0", *options, environment=environment)
        eventually(self.is_healthy, "a healthy server", within=30)
        return self

    def launch(self, command, *options, environment=None):
        """Starts a long-running command of this installation, without waiting for it."""
        with self.log.open("ab") as log:
            self.up = subprocess.Popen(
                [self.binary, command, "--data-dir", self.folder, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=SURROUNDINGS | (environment or {}),
            )

    def run(self, *arguments, check=True, environment=None, within=30):
        """Runs a command of this installation to its end."""
        return subprocess.run(
            [self.binary, *arguments, "--data-dir", self.folder],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=check,
            env=SURROUNDINGS | (environment or {}),
        )

    def is_healthy(self):
        if self.up.poll() is not None:
            raise AssertionError(f"berth ended with {self.up.returncode}:\n{self.log.read_text()}")
        try:
            # A run file that another process left behind tells of that one.
            if self.told()["pid"] != self.up.pid:
                return False
            with self.http("/_berth/health") as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, FileNotFoundError):
            return False

    def told(self):
        """What `DATA/run.json` tells."""
        return json.loads((self.folder / "run.json").read_text())

    @property
    def address(self):
        """Host and port."""
        return self.told()["listen"]

    @contextmanager
    def http(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
            yield answer

    def environment(self):
        """The variables that `berth env` prints."""
        return json.loads(self.run("env", "--json").stdout)

    def node_key(self):
        """The key that the node's agent signs with."""
        return AccessKey.read(self.folder / "agent" / "node-key.json")

    def root_key(self):
        return AccessKey.read(self.folder / "root-key.json")

    def aware(self):
        """A client of ECS that has read the file of Berth's additions."""
        told = json.loads(self.run("env", "--json", "--additions").stdout)
        session = Session()
        session.set_config_variable("data_path", told["AWS_DATA_PATH"])
        return self.client("ecs", session=boto3.session.Session(botocore_session=session))

    def client(self, service, region=None, key=None, endpoint_url=None, session=None, **config):
        """A boto3 client of this installation; root's unless a key is given."""
        told = self.environment()
        return (session or boto3.session.Session()).client(
            service,
            endpoint_url=endpoint_url or told["AWS_ENDPOINT_URL"],
            region_name=region or told["AWS_REGION"],
            aws_access_key_id=key.id if key else told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=key.secret if key else told["AWS_SECRET_ACCESS_KEY"],
            config=ONCE.merge(Config(**config)),
        )

    def server_pid(self):
        """The process of the control plane under `berth up`."""
        children = Path(f"/proc/{self.up.pid}/task/{self.up.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def terminate(self):
        """Ends it as an operator does, and answers its exit status."""
        self.up.send_signal(signal.SIGTERM)
        return self.up.wait(timeout=30)

    def kill(self):
        """Ends all of it as a power cut does."""
        for pid in filter(None, [self.up.pid, self.server_pid()]):
            os.kill(pid, signal.SIGKILL)
        self.up.wait(timeout=30)

    def end(self):
        """Leaves no process behind, whatever the state."""
        if self.up is None or self.up.poll() is not None:
            return
        try:
            self.terminate()
        except subprocess.TimeoutExpired:
            self.kill()


class AccessKey:
    """An access key as its file in the data folder holds it."""

    def __init__(self, id, secret):
        self.id = id
        self.secret = secret

    @classmethod
    def read(cls, path):
        content = json.loads(path.read_text())
        return cls(content["access_key_id"], content["secret_access_key"])
