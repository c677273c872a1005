"""Pages that name tests name tests that exist."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
# `file::what_it_says`, and `…what_the_next_says` of the same file; a name may end early with `…`.
NAMED = re.compile(r"`(?:(?P<file>[a-z0-9_]+)::|…)(?P<name>[a-z0-9_]+)(?P<cut>…?)`")
PYTHON = re.compile(r"^def test_(\w+)\(", re.MULTILINE)
RUST = re.compile(r"^\s*#\[(?:tokio::)?test\]\n(?:\s*#\[.*\]\n)*\s*(?:async )?fn (\w+)\(", re.MULTILINE)


def held_by(pattern, files):
    """The tests that files hold, by the name that a page gives each file."""
    found = {}
    for file in files:
        stem = file.parent.name if file.name == "tests.rs" else file.stem
        found.setdefault(stem.removeprefix("test_"), set()).update(pattern.findall(file.read_text()))
    return found


def named(text):
    """Each test that a text names: its file, its name, and whether that is only the beginning."""
    file = None
    for match in NAMED.finditer(text):
        file = match["file"] or file
        yield file, match["name"], bool(match["cut"])


def is_there(tests, file, name, cut):
    return any(test == name or (cut and test.startswith(name)) for test in tests.get(file, ()))


def rows(page, heading):
    """The rows of a table under a heading, by cell."""
    part = page.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")][2:]


PAGE = (TOP / "docs" / "compatibility-task-definition.md").read_text()
END_TO_END = held_by(PYTHON, (TOP / "tests" / "e2e").glob("test_*.py"))


@pytest.mark.parametrize("row", rows(PAGE, "Where each is seen to act"), ids=lambda row: row[0])
def test_field_is_seen_to_act_by_tests_that_exist(row):
    field, *places = row
    assert len(places) == 2 and list(named(places[0])) or places[0] == "not there", row
    for file, name, cut in named(" ".join(places)):
        assert is_there(END_TO_END, file, name, cut), f"{field}: there is no test {file}::{name}"


def test_every_field_is_in_the_table():
    listed = " ".join(row[0] for row in rows(PAGE, "Where each is seen to act"))
    members = {name.split(".")[0] for heading in ("The task", "A container") for row in rows(PAGE, heading) for name in re.findall(r"`(\w+)", row[0])}
    # Names and sizes of others, which nothing inside of a container tells of.
    silent = {"family", "containerDefinitions", "name", "image", "tags", "placementConstraints", "requiresCompatibilities", "executionRoleArn"}
    # Their tests are elsewhere: services, and what is refused with its own table's words.
    elsewhere = {"versionConsistency", "firelensConfiguration"}
    assert {member for member in members if f"`{member}" not in listed} <= silent | elsewhere


def test_what_hostile_images_and_containers_try_is_tried_by_tests_that_exist():
    page = (TOP / "docs" / "hostile-input.md").read_text()
    folders = ("crates/shim/tests/containers", "crates/oci/src", "crates/agent/src")
    rust = set().union(*held_by(RUST, [file for folder in folders for file in (TOP / folder).rglob("*.rs")]).values())
    # With or without its file; `…` stands for the rest of a name.
    names = [match.groups() for match in re.finditer(r"`(?:\w+::|…)?([a-z0-9]+(?:_[a-z0-9]+){2,})(…?)`", page)]
    assert len(names) > 40
    missing = [name for name, cut in names if not any(test == name or (cut and test.startswith(name)) for test in rust)]
    missing += [file for file in re.findall(r"`(test_\w+\.py)`", page) if not (TOP / "tests" / "e2e" / file).exists()]
    assert not missing
