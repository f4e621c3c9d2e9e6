"""Every text that a person may read exists in Indonesian: none missing, empty or guessed."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
INDONESIAN = ROOT / "forum/translations/id/LC_MESSAGES/messages.po"


@pytest.fixture(scope="module")
def wanted(tmp_path_factory) -> Catalog:
    """Return the texts that templates and code hold now, collected as `make messages` does."""
    path = tmp_path_factory.mktemp("messages") / "messages.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    command = [
        str(pybabel),
        "-q",
        "extract",
        "-F",
        "pyproject.toml",
        "-k",
        "_l",
        "-o",
        str(path),
        ".",
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def indonesian() -> Catalog:
    with INDONESIAN.open("rb") as file:
        return read_po(file, locale="id")


def test_texts_are_found(wanted):
    assert len(wanted) > 100


def test_none_is_missing(wanted, indonesian):
    missing = {message.id for message in wanted} - {message.id for message in indonesian}
    assert not missing, "run: make messages"


def test_none_is_left_over(wanted, indonesian):
    left_over = {message.id for message in indonesian} - {message.id for message in wanted}
    assert not left_over, "run: make messages"


def test_none_is_empty_or_guessed(indonesian):
    def is_unfinished(message) -> bool:
        texts = message.string if message.pluralizable else (message.string,)
        return message.fuzzy or not all(texts)

    assert not [message.id for message in indonesian if message.id and is_unfinished(message)]


def test_placeholders_are_the_same(indonesian):
    wrong = [(message.id, errors) for message, errors in indonesian.check()]
    assert not wrong


def test_nobody_shouts(wanted, indonesian):
    """Calm words: no exclamation marks in either language."""
    for catalogue in (wanted, indonesian):
        for message in catalogue:
            texts = [message.id, message.string]
            assert not any(
                "!" in text
                for part in texts
                for text in (part if isinstance(part, tuple | list) else [part])
            ), message.id
