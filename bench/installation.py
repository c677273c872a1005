"""Berth with its agent, as the launches are measured."""

import contextlib
import json
import socket
import statistics
import subprocess
import time
from pathlib import Path

import engine
import servers
from signed import Ecs

IMAGE = "berth-demo:latest"
# Between two looks of a client that waits for its task.
LOOK_SECONDS = 0.001


class Berth:
    """A running installation with its agent."""

    name = "Berth"

    def __init__(self, program: str, data: Path, up: int):
        self.program, self.data, self.up = program, data, up
        self.loadgen = str(Path(program).parent / "loadgen")
        environment = json.loads(subprocess.check_output([program, "env", "--json", "--data-dir", data]))
        self.environment = environment
        self.address = json.loads((data / "run.json").read_text())["listen"]
        self.ecs = Ecs(self.address, environment)

    @classmethod
    @contextlib.contextmanager
    def started(cls, programs: Path, folder: Path, archive: Path):
        program, data, log_path = str(programs / "berth"), folder / "data", folder / "berth.log"
        with open(log_path, "wb") as log:
            process = subprocess.Popen(
                [program, "up", "--listen", "127.0.0.1:0", "--data-dir", data], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            with servers.ended(process):
                servers.await_start(process, (data / "run.json").exists, log_path)
                address = json.loads((data / "run.json").read_text())["listen"]
                servers.await_start(process, lambda: servers.answers(f"http://{address}/_berth/health"), log_path)
                self = cls(program, data, process.pid)
                servers.await_start(process, lambda: self.ecs.call("ListContainerInstances")["containerInstanceArns"], log_path)
                subprocess.check_call([program, "image", "import", archive, "--data-dir", data], stdout=subprocess.DEVNULL)
                yield self
        finally:
            subprocess.call([program, "down", "--data-dir", data], stdout=subprocess.DEVNULL)

    def another(self) -> "Berth":
        """The same over a connection of its own, for another thread."""
        return Berth(self.program, self.data, self.up)

    def define(self, family: str, network: str, command: list[str], port: int | None = None, memory: int = 16):
        container = {"name": "main", "image": IMAGE, "command": command, "memory": memory, "essential": True, "stopTimeout": 2}
        if port:
            container["portMappings"] = [{"containerPort": 8080, "hostPort": port}]
        self.ecs.call("RegisterTaskDefinition", family=family, networkMode=network, containerDefinitions=[container])

    def run(self, family: str, network: str, count: int = 1) -> list[str]:
        answer = self.ecs.call("RunTask", taskDefinition=family, count=count, **self.placed(network))
        if answer["failures"]:
            raise RuntimeError(f"RunTask: {answer['failures']}")
        return [task["taskArn"] for task in answer["tasks"]]

    def placed(self, network: str) -> dict:
        """What RunTask has to be told of where a task's address is from."""
        if network != "awsvpc":
            return {}
        subnets = self.environment["BERTH_SUBNETS"].replace(",", " ").split()[:1]
        return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}}}

    def task(self, arn: str) -> dict:
        return self.ecs.call("DescribeTasks", tasks=[arn])["tasks"][0]

    def awaits(self, arn: str, status: str = "RUNNING", look: float = LOOK_SECONDS):
        while (task := self.task(arn))["lastStatus"] != status:
            if task["lastStatus"] == "STOPPED":
                raise RuntimeError(f"the task stopped: {task.get('stoppedReason')} {task['containers']}")
            time.sleep(look)

    def launch(self, family: str, network: str) -> str:
        """Runs a task; answers when a client sees it RUNNING."""
        arn = self.run(family, network)[0]
        self.awaits(arn)
        return arn

    def launch_many(self, family: str, clients: int, each: int, look_ms: int) -> tuple[list[str], float]:
        """Tasks that several clients launched, each one after the other, and the seconds until all were seen RUNNING. The clients are
        compiled, since eight in Python would take a third of a processor from what is measured."""
        request = json.dumps({"taskDefinition": family, **self.placed("awsvpc")})
        options = {"--address": self.address, "--request": request, "--clients": clients, "--each": each, "--look": look_ms}
        command = [self.loadgen, "launch", *(str(part) for option in options.items() for part in option)]
        names = ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        answer = json.loads(subprocess.check_output(command, env={name: self.environment[name] for name in names}))
        return answer["tasks"], answer["seconds"]

    def socket(self) -> socket.socket:
        return socket.socket()

    def stop(self, arn: str):
        """Answers when a client sees the task STOPPED."""
        self.ecs.call("StopTask", task=arn)
        self.awaits(arn, "STOPPED")

    def remove(self, arn: str):
        with contextlib.suppress(RuntimeError):
            self.stop(arn)

    def processes(self) -> list[int]:
        """All of it, without what runs in containers."""
        ours = [pid for pid in engine.below(self.up) if engine.command(pid).startswith("berth")]
        shims = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit() and self.is_shim(folder)]
        return sorted(set(ours + shims))

    def is_shim(self, folder: Path) -> bool:
        with contextlib.suppress(OSError):
            return "berth-shim" in (folder / "exe").readlink().name and str(self.data) in (folder / "cmdline").read_text()
        return False

    def steps(self, arns: list[str]) -> dict[str, dict[str, float]]:
        """Milliseconds of each step of some launches by `berth trace`: medians of when it began and of how long it took."""
        seen: dict[str, list[tuple[float, float]]] = {}
        for arn in arns:
            with contextlib.suppress(subprocess.CalledProcessError):
                command = [self.program, "trace", arn, "--json", "--data-dir", self.data]
                launch = json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))
                for span in launch["spans"]:
                    seen.setdefault(f"{span['part']}: {span['step']}", []).append((span["at"] / 1000, span["took"] / 1000))
        middle = {
            name: {"at": statistics.median(at for at, _ in spans), "took": statistics.median(took for _, took in spans)}
            for name, spans in seen.items()
        }
        return dict(sorted(middle.items(), key=lambda step: step[1]["at"]))
