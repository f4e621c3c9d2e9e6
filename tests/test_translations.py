"""Every text that a person may read exists in Indonesian: none missing, empty or guessed."""

import pytest
from babel.messages.catalog import Catalog

from tests.catalogues import indonesian_texts, wanted_texts


@pytest.fixture(scope="module")
def wanted(tmp_path_factory) -> Catalog:
    return wanted_texts(tmp_path_factory.mktemp("messages"))


@pytest.fixture(scope="module")
def indonesian() -> Catalog:
    return indonesian_texts()


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
