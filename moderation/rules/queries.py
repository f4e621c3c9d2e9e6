"""Reads of rules: the version in force, compiled once per process."""

import threading
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.rulefile import load_yaml
from moderation.risk.rules import Lexicon
from moderation.rules.models import RulesVersion, VersionState


class NoRules(Exception):
    """No version is published. Nothing may pass for scanned without rules."""


@dataclass(frozen=True)
class RulesInForce:
    """A published version, ready to match. A new one replaces it whole."""

    version_id: int
    lexicon: Lexicon
    ruleset: RuleSet


_loaded: RulesInForce | None = None
_loading = threading.Lock()


def rules_in_force() -> RulesInForce:
    """Return the newest published rules; one small statement when nothing has changed.

    Raises NoRules.
    """
    global _loaded  # noqa: PLW0603 -- the one cache of this process
    newest = newest_version_id()
    if newest is None:
        raise NoRules
    if _loaded is None or _loaded.version_id != newest:
        with _loading:
            version = db.session.get_one(RulesVersion, newest)
            lexicon = load_yaml(version.body)
            _loaded = RulesInForce(newest, lexicon, compile_rules(lexicon))
    return _loaded


def newest_version_id() -> int | None:
    """Return the id of the version in force."""
    return db.session.scalar(
        select(func.max(RulesVersion.id)).where(RulesVersion.state == VersionState.PUBLISHED)
    )


def versions(limit: int = 20) -> list[RulesVersion]:
    """Return the latest versions, the newest first, with their authors."""
    return list(
        db.session.scalars(
            select(RulesVersion)
            .options(joinedload(RulesVersion.author))
            .order_by(RulesVersion.id.desc())
            .limit(limit)
        )
    )
