"""The operations of the public models, what docs/compatibility.md says of them, and calls that fit their models."""

import re
from pathlib import Path

from botocore.session import Session

COMPATIBILITY = Path(__file__).parents[2] / "docs" / "compatibility.md"
ROW = re.compile(r"^\| (?P<operation>[A-Z]\w+) \| (?P<state>works|partly|not yet) \|", re.MULTILINE)
SECTION = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
TITLES = {"ecs": "Amazon ECS", "logs": "Amazon CloudWatch Logs", "sts": "AWS STS"}


def model(service):
    return Session().get_service_model(service)


def documented(service):
    """The state of each operation of a service, as the page says."""
    parts = SECTION.split(COMPATIBILITY.read_text())
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {row["operation"]: row["state"] for row in ROW.finditer(sections[TITLES[service]])}


def built(service):
    """The operations that are there, wholly or in part."""
    return sorted(operation for operation, state in documented(service).items() if state != "not yet")


def not_built(service):
    return sorted(operation for operation, state in documented(service).items() if state == "not yet")


def least(shape):
    """The smallest value that fits a shape: its required members, and as little of each as may be; one member of a union."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        needed = list(shape.members)[:1] if getattr(shape, "is_tagged_union", False) else shape.required_members
        return {name: least(shape.members[name]) for name in needed}
    if shape.type_name == "list":
        return [least(shape.member)] * shape.metadata.get("min", 0)
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 0))
    if shape.type_name == "boolean":
        return False
    if shape.type_name in {"integer", "long", "float", "double"}:
        return shape.metadata.get("min", 1)
    raise AssertionError(f"{shape.name}: no value of the type {shape.type_name}")
