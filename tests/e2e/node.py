"""A machine: an installation with its agent, and what it leaves on the machine."""

import itertools
import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from deadline import eventually
from installation import SURROUNDINGS, Installation

IMAGE = "berth-demo:latest"
NUMBERS = itertools.count(1)


class Node(Installation):
    """`berth up` with an agent, in which the project's own image is."""

    # What makes its containers, if not Berth itself.
    runtime = None

    def start(self, *options, before=(), listen="127.0.0.1:0"):
        """Starts it and waits until this machine is in the cluster. `before`: a command to start it with."""
        settings = self.folder / "node.toml"
        if self.runtime and not settings.exists():
            self.folder.mkdir(exist_ok=True)
            settings.write_text(f'[runtime]\nname = "{self.runtime}"\n')
        with self.log.open("ab") as log:
            arguments = [*before, self.binary, "up", "--listen", listen, "--data-dir", self.folder, *options]
            self.up = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=SURROUNDINGS)
        eventually(self.is_healthy, "a healthy server", within=30)
        self.ecs, self.logs = self.client("ecs"), self.client("logs")
        eventually(self.is_connected, "a connected agent", within=30)
        return self

    def with_image(self):
        self.bring(self.folder.with_suffix(".tar"))
        return self

    def bring(self, archive, *options, name=None):
        """Makes an image of `berth-demo` and imports it, under its own name or another."""
        subprocess.run([self.binary.with_name("berth-demo"), "pack", *options, archive], check=True)
        self.run("image", "import", str(archive), *(["--name", name] if name else []))

    def is_connected(self):
        arns = self.ecs.list_container_instances()["containerInstanceArns"]
        if not arns:
            return False
        found = self.ecs.describe_container_instances(containerInstances=arns)["containerInstances"]
        return any(instance["agentConnected"] for instance in found) and self.agent_pid() is not None

    # Tasks

    def define(self, *containers, **task):
        """Registers a task definition and answers its name."""
        family = f"e2e-{next(NUMBERS)}"
        whole = [{"name": "main", "image": IMAGE, "memory": 64, "essential": True} | container for container in containers]
        self.ecs.register_task_definition(family=family, containerDefinitions=whole, **({"networkMode": "host"} | task))
        return family

    def launch(self, family, **parameters):
        """Runs a task and answers its ARN."""
        answer = self.ecs.run_task(taskDefinition=family, **parameters)
        assert not answer["failures"], answer["failures"]
        return answer["tasks"][0]["taskArn"]

    def task(self, arn):
        return self.ecs.describe_tasks(tasks=[arn])["tasks"][0]

    def awaits(self, arn, status, within=30):
        """The task once it has got as far as a status."""

        def ask():
            task = self.task(arn)
            if task["lastStatus"] == status:
                return task
            assert task["lastStatus"] != "STOPPED", task
            return None

        return eventually(ask, f"{arn} {status}", within)

    def finishes(self, *containers, **task):
        """Runs a task of these containers to its end and describes it."""
        return self.awaits(self.launch(self.define(*containers, **task)), "STOPPED")

    def says(self, container, **task):
        """What one container writes, run to its end with its log in a group of its own."""
        group = f"/e2e/{next(NUMBERS)}"
        arn = self.launch(self.define(container | {"logConfiguration": awslogs(group)}, **task))
        self.awaits(arn, "STOPPED")
        return self.lines(group, arn)

    def lines(self, group, arn, container="main"):
        """The log of a container."""
        pages = self.logs.get_paginator("filter_log_events")
        stream = f"e2e/{container}/{arn.rsplit('/', 1)[1]}"
        found = pages.paginate(logGroupName=group, logStreamNames=[stream])
        return [event["message"] for page in found for event in page["events"]]

    # Processes

    def children(self):
        """The processes under `berth up`, by what they are."""
        found = {}
        for pid in descendants(self.up.pid):
            arguments = cmdline(pid)
            for kind in ("server", "agent", "launcher"):
                # Shims that make containers are copies of the launcher, and come after it.
                if arguments[1:2] and arguments[1].startswith(kind):
                    found.setdefault(kind, pid)
        return found

    def server_pid(self):
        return self.children().get("server")

    def agent_pid(self):
        return self.children().get("agent")

    def shims(self):
        """The processes that hold this installation's containers."""
        return [pid for pid in processes() if "hold" in cmdline(pid)[:2] and str(self.folder) in " ".join(cmdline(pid))]

    def makers(self):
        """The processes that make containers at this moment: children of the launcher that hold none yet."""
        launcher = self.children().get("launcher")
        return [pid for pid in descendants(launcher)[1:] if cmdline(pid)[0] == "berth-shim" and "hold" not in cmdline(pid)]

    def kill_one(self, victim):
        """kill -9 of a part of it, if it is there."""
        if victim in ("shim", "maker"):
            pids = self.shims() if victim == "shim" else self.makers()
        else:
            pids = filter(None, [self.children().get(victim)])
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_all(self):
        """As a power cut does: everything of it, containers too."""
        mine = set(descendants(self.up.pid)) | {pid for pid in processes() if self.is_mine(pid)}
        # Stopped first: nobody sees the end of another and writes it down, as nobody could without power.
        for sent in (signal.SIGSTOP, signal.SIGKILL):
            for pid in mine:
                with suppress(ProcessLookupError):
                    os.kill(pid, sent)
        self.up.wait(timeout=30)
        eventually(lambda: not [pid for pid in processes() if self.is_mine(pid)], "all processes gone")

    def is_mine(self, pid):
        """Whether a process is a container's or holds one. One that is dead holds nothing, and whether it is waited for is up to whoever
        inherits it: not us, for what a killed launcher leaves."""
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return False
            return f"/berth/{self.id}/" in Path(f"/proc/{pid}/cgroup").read_text()
        return False

    def instance(self):
        """The ARN of this machine in its cluster, once it is registered."""
        with suppress(FileNotFoundError):
            return json.loads((self.folder / "agent" / "instance.json").read_text()).get("arn")

    @property
    def id(self):
        return (self.folder / "installation").read_text().strip()

    def cgroups(self):
        """This installation's folder in every hierarchy of cgroups."""
        roots = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").iterdir()]
        found = [root / "berth" / self.id for root in roots if not root.is_symlink()]
        return [folder for folder in found if folder.is_dir()]

    def leftovers(self):
        """What there is on the machine because of this installation's containers."""
        cgroups = [str(path) for folder in self.cgroups() for path in folder.iterdir() if path.is_dir()]
        mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f" {self.folder}/" in line]
        return {
            "cgroups": sorted({Path(path).name for path in cgroups} - {"shim"}),
            "mounts": mounts,
            "processes": [cmdline(pid) for pid in processes() if self.is_mine(pid) and pid != self.children().get("launcher")],
            "folders": sorted(path.name for path in (self.folder / "agent" / "tasks").glob("*")),
        }

    def has_more_than(self, before):
        """Whether there is something that was not there when `leftovers` answered that."""
        return any(one not in before[kind] for kind, found in self.leftovers().items() for one in found)

    def is_clean(self):
        return not any(self.leftovers().values())

    def down(self, *options):
        """`berth down`, after which nothing may be left."""
        return self.run("down", *options, check=False)

    def end(self):
        if self.up is not None:
            self.down()
        super().end()


class Joined(Node):
    """Another machine of a node's cluster: an agent with a data folder of its own, on this machine."""

    # Its control plane gives no address of it out: addresses of tasks are routed on one machine.
    ADDRESSES = "198.51.100.0/24"

    def join(self, other):
        """Starts it and waits until it is in the other one's cluster."""
        self.ecs, self.logs = other.ecs, other.logs
        key = other.folder / "agent" / "node-key.json"
        options = ["--endpoint", f"http://{other.address}", "--key-file", key, "--vpc-cidr", self.ADDRESSES, "--fargate", "no"]
        Installation.launch(self, "agent", *options)
        eventually(self.is_connected, "a connected agent", within=60)
        return self

    def is_connected(self):
        if self.up.poll() is not None:
            raise AssertionError(f"berth agent ended with {self.up.returncode}:\n{self.log.read_text()}")
        arn = self.instance()
        return arn is not None and self.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"][0]["agentConnected"]


def awslogs(group, **options):
    """A log configuration that makes its group."""
    given = {"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "e2e", "awslogs-create-group": "true"}
    return {"logDriver": "awslogs", "options": given | options}


def processes():
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    except OSError:
        return [""]


def descendants(pid):
    """A process and all below it."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def looked(lines):
    """What `berth-demo look` printed."""
    return json.loads(lines[0])


def pause(seconds):
    """For faults that are to hit at some moment of a task's life: the one thing that is meant to be a matter of time."""
    time.sleep(seconds)
