"""What members read is short, calm and kind, in both languages.

Which texts those are is told by where each stands: on a page that is not the desk's, in a notice,
or in a file that members read from. Labels and buttons are held to the limit of one sentence, but
only whole sentences count for the mean, so that short labels can't flatter it.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, meta

from tests.catalogues import ROOT, forms_of, indonesian_texts, wanted_texts

MEAN_WORDS = 12
# Three lines on a phone 360 px wide: what stays in mind until its end when somebody is upset.
# Plain-language guides allow 20 to 25, for readers who are well.
LONGEST = 16

# Files beside the catalogues that hold words for members, in both languages.
FILES = [
    "forum/rooms/starter.yaml",
    "forum/groups/starter.yaml",
    "forum/help/directory.yaml",
    "moderation/care/check_ins.yaml",
    "moderation/measures/words.yaml",
    "moderation/rights/inventory.yaml",
]
# They quote what people write, and tell steps in a row, so only their mean is held.
READINGS = sorted(
    [*(ROOT / "moderation/training/lessons").glob("*.md"), *(ROOT / "docs/guides").glob("*/*.md")]
)

# Dewan Pers 2/2019 and the style of published practice; commands to a reader; blame.
NEVER = {
    "en": r"!|\bcommit\w* suicide|(failed|successful|unsuccessful) (suicide|attempt)|suicide victim"
    r"|\byou (must|should|ought)\b|\bcalm down\b|\bjust be\b|\bcheer up\b|\byour fault\b(?<!not your fault)",
    "id": r"!|(gagal|berhasil|sukses) (bunuh diri|mengakhiri)|(pelaku|korban) (percobaan )?bunuh diri"
    r"|\b(kamu|anda) (harus|wajib|mesti)\b|\bAnda\b|\bsalahmu\b(?<!bukan salahmu)|\btenang saja\b",
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> dict[str, dict[str, set[str]]]:
    """Each text by language, with the files of ours in which it stands."""
    indonesian = indonesian_texts()
    found: dict[str, dict[str, set[str]]] = {"en": {}, "id": {}}
    for message in wanted_texts(tmp_path_factory.mktemp("messages")):
        if not message.id:
            continue
        places = {path for path, _line in message.locations}
        english = forms_of(message.id)
        for language, forms in (("en", english), ("id", forms_of(indonesian[english[0]].string))):
            for text in forms:
                found[language].setdefault(text, set()).update(places)
    for path in FILES:
        for language, text in _words_of(yaml.safe_load((ROOT / path).read_text())):
            found[language].setdefault(text, set()).add(path)
    return found


def _words_of(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield language and text of all that is named `id`, `en`, or ends so."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _words_of(part, str(key))
    elif isinstance(value, list):
        for part in value:
            yield from _words_of(part, name)
    elif isinstance(value, str) and name.rpartition("_")[2] in ("id", "en"):
        yield name.rpartition("_")[2], value


def sentences(text: str) -> list[str]:
    """Return the whole sentences of a text; labels without an end are none."""
    return [part.strip() for part in re.findall(r"[^.?…\n]+[.?…]", text)]


def length(text: str) -> int:
    """Return the number of words; a placeholder is one."""
    return len(re.sub(r"%\(\w+\)[sd]", "x", text).split())


@cache
def member_places() -> frozenset[str]:
    """Return the files whose texts members read.

    Of templates those that a page outside the desk, or a notice, is made of. Words of Python
    stand in both, so all of them count.
    """
    folder = ROOT / "templates"
    environment = Environment()
    sources = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.html")}
    parts = {
        name: {part for part in meta.find_referenced_templates(environment.parse(text)) if part}
        for name, text in sources.items()
    }

    def closure(names: set[str]) -> set[str]:
        reached: set[str] = set()
        while names:
            reached |= names
            names = set(chain.from_iterable(parts[name] for name in names)) - reached
        return reached

    python = {path: path.read_text() for path in _modules()}
    panels = set(chain.from_iterable(re.findall(r'Panel\("(\S+?)"', t) for t in python.values()))
    named = set(chain.from_iterable(re.findall(r'"(\w+/\S+?\.html)"', t) for t in python.values()))
    pages = {n for n in named - panels if n in parts and "desk.html" not in closure({n})}
    return frozenset(
        {f"templates/{name}" for name in closure(pages)}
        | {str(path.relative_to(ROOT)) for path in python}
        | set(FILES)
    )


def _modules() -> list[Path]:
    return [path for name in ("forum", "moderation") for path in (ROOT / name).rglob("*.py")]


def test_pages_are_told_from_the_desk():
    """The choice is by use: pages, notices and what they are made of, but not the desk."""
    places = member_places()
    assert {
        "templates/base.html",
        "templates/rooms/index.html",
        "templates/macros/help.html",
        "templates/follows/notice.html",
        "templates/applications/limits.html",
        "templates/help/offline.html",
    } <= places
    assert (
        not {
            "templates/desk.html",
            "templates/cases/queue.html",
            "templates/crisis/protocol.html",
            "templates/macros/lab.html",
            "templates/volunteers/figures.html",
        }
        & places
    )


@pytest.mark.parametrize("language", ["id", "en"])
def test_sentences_are_short_in_the_mean(texts, language):
    """Twelve words at most over the sentences that members read."""
    read = [
        length(sentence)
        for text, places in texts[language].items()
        if places & member_places()
        for sentence in sentences(text)
    ]
    assert len(read) > 500
    assert sum(read) / len(read) <= MEAN_WORDS


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_sentence_is_long(texts, language):
    """Three lines on a phone at most, on pages of members."""
    long = [
        sentence
        for text, places in texts[language].items()
        if places & member_places()
        for sentence in sentences(text) or [text]
        if length(sentence) > LONGEST
    ]
    assert long == []


@pytest.mark.parametrize("path", READINGS, ids=lambda path: "/".join(path.parts[-2:]))
def test_lessons_and_guides_are_short_in_the_mean(path):
    """They are read by people who are tired after work."""
    words = re.sub(r"<img[^>]*>|^\|.*", "", path.read_text("utf-8"), flags=re.MULTILINE)
    read = [length(sentence) for sentence in sentences(words)]
    assert len(read) > 20
    assert sum(read) / len(read) <= MEAN_WORDS


@pytest.mark.parametrize("language", ["id", "en"])
def test_nobody_is_shouted_at_commanded_or_blamed(texts, language):
    """On every page, the desk too: who reads it there writes like it."""
    wrong = [text for text in texts[language] if re.search(NEVER[language], text)]
    assert wrong == []
