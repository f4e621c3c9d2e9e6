"""Rule sets the tests of the engine share."""

from __future__ import annotations

import pytest

from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.rulefile import load_yaml
from moderation.risk.starter import starter
from tests.risk.lexicons import SMALL


@pytest.fixture(scope="session")
def small() -> RuleSet:
    """A handful of rules that use every part of the language."""
    return compile_rules(load_yaml(SMALL))


@pytest.fixture(scope="session")
def starter_rules() -> RuleSet:
    """The lexicon that ships."""
    return compile_rules(starter())
