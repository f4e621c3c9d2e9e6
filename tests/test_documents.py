"""Documents lead to what is there, and the guides say the same in both languages."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from forum.commands.main import COMMANDS
from tests.catalogues import ROOT

GUIDES = ROOT / "docs/guides"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Slow phones load the guides too.
MOST_BYTES = 120_000


def targets(text: str) -> list[str]:
    """Return what a document links to or shows, without addresses of other sites."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    return [unquote(target) for target in found if not re.match(r"[a-z]+:", target)]


def anchors(path: Path) -> set[str]:
    """Return the anchors that a reader of Markdown gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in targets(path.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        assert goal.exists(), target
        assert not anchor or goal.suffix != ".md" or anchor in anchors(goal), target


def test_every_command_is_explained():
    text = (ROOT / "docs/commands.md").read_text("utf-8")
    table = text.partition("| command | does |")[2].partition("\n## ")[0]
    assert set(re.findall(r"`teduh ([a-z-]+)", table)) == set(COMMANDS)


@pytest.mark.parametrize("name", ["members", "volunteers", "admins", "operators"])
def test_guides_are_alike_in_both_languages(name):
    """As many headings of each depth, the same pictures in the reader's own language."""
    texts = {code: (GUIDES / code / f"{name}.md").read_text("utf-8") for code in ("id", "en")}
    shapes = [re.findall(r"^(#+|\||\d+\.|-) ", text, re.MULTILINE) for text in texts.values()]
    assert shapes[0] == shapes[1]
    pictures = [
        [re.sub(rf"-{code}\.png$", "", part) for part in re.findall(r'src="([^"]+)"', text)]
        for code, text in texts.items()
    ]
    assert pictures[0] == pictures[1]
    assert not any(part.endswith(".png") for part in pictures[0])


def test_pictures_are_small_and_used():
    shown = {
        (path.parent / target).resolve()
        for path in DOCUMENTS
        for target in targets(path.read_text("utf-8"))
    }
    pictures = sorted((ROOT / "docs/images").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture in shown, picture.name
        assert picture.stat().st_size <= MOST_BYTES, picture.name
