"""docs/asvs.md and the other pages on safety name tests that exist, and count right."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASVS = (ROOT / "docs" / "asvs.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([123]) \| ([^|]+) \| ([a-z ]+) \|(.*)\|$", re.MULTILINE)
STATES = {"met", "partly", "not met", "operator"}
# How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has.
CHAPTERS = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13,
    14: 9, 15: 13, 16: 16, 17: 7,
}  # fmt: skip


@cache
def names_in(path: Path) -> frozenset[str]:
    return frozenset(
        node.name for node in ast.walk(ast.parse(path.read_text())) if hasattr(node, "name")
    )


@pytest.mark.parametrize("page", ["docs/asvs.md", "docs/threat-model.md", "SECURITY.md"])
def test_every_test_that_is_named_exists(page):
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    missing = [
        (path, name)
        for path, name in named
        if not (ROOT / path).exists() or (name and name not in names_in(ROOT / path))
    ]
    assert missing == []
    files = set(re.findall(r"`(test_\w+)`", text))
    assert files <= {path.stem for path in (ROOT / "tests").rglob("test_*.py")}


def test_each_requirement_has_one_row_and_a_state():
    rows = ROW.findall(ASVS)
    assert len(rows) == len(re.findall(r"^\| \d", ASVS, re.MULTILINE)), "a row can't be read"
    assert {state for _, _, _, state, _ in rows} <= STATES
    not_here = ASVS.split("## What has no part here")[1]
    numbers = [row[0] for row in rows] + re.findall(r"\d+\.\d+\.\d+", not_here)
    assert [number for number, times in Counter(numbers).items() if times > 1] == []
    ours = {row[0] for row in rows if row[1] == "3"}
    found = Counter(int(number.split(".")[0]) for number in numbers if number not in ours)
    assert found == CHAPTERS


def test_the_counts_are_right():
    rows = [row for row in ROW.findall(ASVS) if row[1] != "3"]
    counted = Counter(state for _, _, _, state, _ in rows)
    told = {
        state: int(number)
        for number, state in re.findall(r"(\d+) (met|partly|not met|operator)\b", ASVS[:2500])
    }
    assert told == counted
    assert all(proof.strip() for *_, proof in rows), "what shows it is always said"
