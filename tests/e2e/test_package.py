"""The Debian package: installed, upgraded under a running task, removed, purged. On a root of the test's own, which has this machine's programs."""

import json
import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from deadline import eventually

TOP = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="packages are Debian's")


class Root:
    """A root file system in a mount namespace of its own: /usr and /etc of this machine with what is written to them apart."""

    def __init__(self, folder):
        self.path = folder / "root"
        for name in ("usr", "etc", "proc", "sys", "dev", "run", "tmp", "old"):
            (self.path / name).mkdir(parents=True)
        for name in ("upper/usr", "upper/etc", "work/usr", "work/etc"):
            (folder / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.path / name).symlink_to(f"usr/{name}")
        shutil.copytree("/var/lib/dpkg", self.path / "var/lib/dpkg", symlinks=True, ignore=shutil.ignore_patterns("lock*"))
        (self.path / "var/log").mkdir()
        layers = [
            f"mount -t overlay overlay -o lowerdir=/{name},upperdir={folder}/upper/{name},workdir={folder}/work/{name} {self.path}/{name}"
            for name in ("usr", "etc")
        ]
        binds = [f"mount --rbind /{name} {self.path}/{name}" for name in ("proc", "sys", "dev")]
        become = [f"cd {self.path}", "pivot_root . old", "umount -l old", "echo ready", "exec sleep infinity"]
        script = " && ".join([f"mount --bind {self.path} {self.path}", *layers, *binds, *become])
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"ready\n"

    def command(self, *arguments):
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", "--wdns=/", *map(str, arguments)]

    def run(self, *arguments, check=True):
        found = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120)
        assert not check or found.returncode == 0, (arguments, found.stdout, found.stderr)
        return found.stdout

    def end(self):
        self.holder.kill()
        self.holder.wait()


@pytest.fixture
def root(tmp_path):
    root = Root(tmp_path)
    yield root
    root.end()


def package(binary, folder, version):
    surroundings = os.environ | {
        "CARGO_TARGET_DIR": str(binary.parent.parent),
        "BERTH_PROFILE": binary.parent.name,
        "BERTH_DEB_VERSION": version,
        "BERTH_DEB_COMPRESSION": "none",
    }
    made = subprocess.run([TOP / "scripts/build-deb.sh", folder], env=surroundings, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return Path(made.stdout.strip())


class System:
    """What berth.service starts, without systemd: its own command line."""

    def __init__(self, root):
        self.root = root
        unit = root.run("cat", "/usr/lib/systemd/system/berth.service")
        (line,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
        arguments = shlex.split(line.removeprefix("ExecStart=").replace("$BERTH_OPTIONS", "--listen 127.0.0.1:0"))
        self.process = subprocess.Popen(root.command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: self.nodes() == [True], "a node that is connected", within=30)

    def nodes(self):
        answer = self.root.run("berth", "node", "ls", "--json", check=False)
        return [node["agentConnected"] for node in json.loads(answer)] if answer else None

    def tasks(self):
        return json.loads(self.root.run("berth", "ps", "--json"))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0


def started(root):
    """When the only container's program began, as the kernel knows it."""
    (pid,) = [
        holder["container"]["pid"]
        for path in (root.path / "var/lib/berth/agent/tasks").glob("*/*/runtime/holder.json")
        for holder in [json.loads(path.read_text().splitlines()[-1])]
    ]
    return pid, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


def test_package_is_installed_upgraded_under_a_task_removed_and_purged(binary, root, tmp_path):
    first, second = (package(binary, root.path / "tmp", version) for version in ("1.0.0~test1", "1.0.0~test2"))
    inside = lambda path: f"/tmp/{path.name}"
    root.run("dpkg", "--install", "--force-depends", inside(first))
    assert root.run("berth", "version").startswith("berth ")
    for page in ("berth.1.gz", "berth-up.1.gz", "berth-task-definition-show.1.gz"):
        assert root.run("gzip", "-dc", f"/usr/share/man/man1/{page}").startswith(".ie"), page
    assert "_berth" in root.run("cat", "/usr/share/bash-completion/completions/berth")
    subprocess.run([binary.with_name("berth-demo"), "pack", root.path / "tmp/demo.tar"], check=True)

    system = System(root)
    try:
        root.run("berth", "image", "import", "/tmp/demo.tar")
        root.run("berth", "run", "--detach", "berth-demo", "wait")
        eventually(lambda: [task["status"] for task in system.tasks()] == ["RUNNING"], "a task that runs")
        before = started(root)
        root.run("dpkg", "--install", "--force-depends", inside(second))
        assert "1.0.0~test2" in root.run("dpkg-query", "--show", "berth")
        system.end()
        system = System(root)
        assert [task["status"] for task in system.tasks()] == ["RUNNING"]
        assert started(root) == before, "the container was not started again"

        root.run("dpkg", "--remove", "berth")
        assert system.process.wait(timeout=60) == 0, "removing ends the system"
        assert not Path(f"/proc/{before[0]}").exists(), "and its tasks"
        assert (root.path / "var/lib/berth/server/berth.db").is_file(), "data stays"
        assert (root.path / "var/lib/berth").is_dir()
        root.run("dpkg", "--purge", "berth")
        assert not (root.path / "var/lib/berth").exists()
    finally:
        if system.process.poll() is None:
            root.run("berth", "down", "--purge", "--yes", check=False)
            system.process.kill()
        system.process.wait()
