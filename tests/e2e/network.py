"""What tests need to know of a machine's task networks, from outside of the containers."""

import json
import re
import socket
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path


def sh(command):
    return subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True).stdout


def awsvpc(node):
    """RunTask's network configuration of this installation."""
    told = node.environment()
    return {"awsvpcConfiguration": {"subnets": told["BERTH_SUBNETS"].split(","), "securityGroups": [told["BERTH_SECURITY_GROUP"]]}}


def launch_own(node, *containers, **task):
    """Runs a task with an address of its own and answers its ARN."""
    return node.launch(node.define(*containers, networkMode="awsvpc", **task), networkConfiguration=awsvpc(node))


def address(task):
    (attachment,) = task["attachments"]
    return {detail["name"]: detail["value"] for detail in attachment["details"]}["privateIPv4Address"]


def bindings(task, container="main"):
    (found,) = [one["networkBindings"] for one in task["containers"] if one["name"] == container]
    return found


def page(url):
    """A page, as a client outside of all containers gets it."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def ask(host, port):
    """The answer of `berth-demo answer`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        for _ in range(10):
            client.sendto(b"?", (host, port))
            with suppress(TimeoutError):
                return client.recv(100).decode()
    raise AssertionError(f"nobody answers at {host}:{port}")


def own_address():
    """This machine's address, as it speaks to others."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("192.0.2.1", 9))
        return client.getsockname()[0]


def pids(node, arn):
    """The processes of a task's containers."""
    place = f"/berth/{node.id}/{arn.rsplit('/', 1)[1]}/"
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and place in (folder / "cgroup").read_text() and "berth-shim" not in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return sorted(found)


def namespace(node, arn):
    """A file that is the network namespace of a task's first container."""
    return f"/proc/{pids(node, arn)[0]}/ns/net"


def within(node, arn, script):
    """Runs a Python script as root in the network namespace of a task, and answers what it printed."""
    command = ["nsenter", f"--net={namespace(node, arn)}", "python3", "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def links(node):
    """This installation's interfaces, but for the one that holds the gateways' addresses."""
    links = json.loads(sh("ip -details -json link"))
    return [link for link in links if re.fullmatch(rf"b{node.id}-[0-9a-f]+", link["ifname"])]


def names(node):
    """The names that stand on interfaces: of slots that tasks have."""
    return sorted(link["ifalias"] for link in links(node) if link.get("ifalias"))


def traces(node):
    """What tasks have in the kernel's network beside the slots that are ready for others."""
    table = json.loads(sh(f"nft --json list table ip berth_{node.id}"))["nftables"]
    sets = [entry.get("set") or entry.get("map") for entry in table if "set" in entry or "map" in entry]
    own = [one for one in sets if one["name"] != "uplinks"]
    routes = sh("ip -4 route show table all").splitlines()
    namespaces = {path.name for path in Path(f"/run/berth/{node.id}/netns").iterdir()}
    return {
        "names": names(node),
        "doomed": [link["ifname"] for link in links(node) if link.get("group", "default") != "default"],
        "elements": {one["name"]: len(one["elem"]) for one in own if one.get("elem")},
        "routes": [route for route in routes if re.search(rf" dev b{node.id}-[0-9a-f]+ ", route)],
        "namespaces": sorted(namespaces - {link["ifname"] for link in links(node)}),
    }


def is_idle(node):
    """Whether no task has anything left in the kernel's network."""
    return not any(traces(node).values())


EVERYTHING = (
    "nft -s list ruleset; iptables-legacy-save 2>/dev/null | grep -v '^[#:]' || true; ip -o link | sed 's/^[0-9]*: //' | sort;"
    " ip -4 addr | grep inet; ip -4 route show table all; grep . /proc/sys/net/ipv4/conf/*/forwarding"
    " /proc/sys/net/ipv4/conf/*/route_localnet; ls /run/berth 2>/dev/null || true"
)


def machine():
    """What a machine's network is without any installation of Berth: other tests may have theirs."""
    text = re.sub(r"^table ip berth_[0-9a-f]{6} \{$.*?^\}$", "", sh(EVERYTHING), flags=re.MULTILINE | re.DOTALL)
    of_berth = re.compile(r"\bb[0-9a-f]{6}-|berth_[0-9a-f]{6}|metric 3[12][0-9]{8}|^[0-9a-f]{6}$")
    return [line for line in text.splitlines() if line and not of_berth.search(line)]


def remains(node):
    """What is there of one installation."""
    metric = f" metric {0xBE000000 | int(node.id, 16)}"
    return [line for line in sh(EVERYTHING).splitlines() if node.id in line or metric in line]


def mounts(node):
    """The mounted namespaces of an installation."""
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f"/berth/{node.id}/" in line]
