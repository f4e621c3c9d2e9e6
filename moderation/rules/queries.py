"""Reads of rules: the versions in force and in the shadow, compiled once per process."""

import gc
import threading
from dataclasses import dataclass

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.rulefile import load_yaml
from moderation.risk.rules import Lexicon
from moderation.rules.models import RulesRun, RulesVersion, ShadowFlag, VersionState

# In force, shadow, and the draft that an admin tries.
KEPT_COMPILED = 4

log = structlog.get_logger()


class NoRules(Exception):
    """No version is published. Nothing may pass for scanned without rules."""


@dataclass(frozen=True)
class LoadedRules:
    """A version, ready to match. `sha256` tells a changed draft from its older text."""

    version_id: int
    sha256: str
    lexicon: Lexicon
    ruleset: RuleSet


_loaded: dict[int, LoadedRules] = {}
_loading = threading.Lock()


def rules_in_force() -> LoadedRules:
    """Return the newest published rules; one small statement when nothing has changed.

    Raises NoRules.
    """
    return acting_rules()[0]


def acting_rules() -> tuple[LoadedRules, LoadedRules | None]:
    """Return the rules in force and the shadow's, if there is one. Raises NoRules."""
    newest = {
        state: (version_id, sha256)
        for state, version_id, sha256 in db.session.execute(
            select(RulesVersion.state, RulesVersion.id, RulesVersion.sha256).where(
                RulesVersion.id.in_(
                    select(func.max(RulesVersion.id))
                    .where(RulesVersion.state.in_((VersionState.PUBLISHED, VersionState.SHADOW)))
                    .group_by(RulesVersion.state)
                )
            )
        )
    }
    if VersionState.PUBLISHED not in newest:
        raise NoRules
    shadow = newest.get(VersionState.SHADOW)
    return _load(*newest[VersionState.PUBLISHED]), _load(*shadow) if shadow else None


def load_before_fork() -> None:
    """Have the rules ready in a process that will fork, in memory that its children share."""
    try:
        rules_in_force()
    except Exception:  # whoever needs the rules tries again, and says so too
        log.exception("rules_not_loaded")
    db.session.remove()
    # Children must not share a connection.
    db.engine.dispose()
    # The collector writes into every object it walks, and so would copy all of this to each child.
    gc.collect()
    gc.freeze()


def load_version(version: RulesVersion) -> LoadedRules:
    """Return any version ready to match."""
    return _load(version.id, version.sha256)


def newest_version_id() -> int | None:
    """Return the id of the version in force."""
    return db.session.scalar(
        select(func.max(RulesVersion.id)).where(RulesVersion.state == VersionState.PUBLISHED)
    )


def find_version(version_id: int) -> RulesVersion | None:
    """Return a version."""
    return db.session.get(RulesVersion, version_id)


def find_draft() -> RulesVersion | None:
    """Return the draft that is being written, if there is one."""
    return _newest_in(VersionState.DRAFT)


def find_shadow() -> RulesVersion | None:
    """Return the version in the shadow, if there is one."""
    return _newest_in(VersionState.SHADOW)


def versions(limit: int = 20) -> list[RulesVersion]:
    """Return the latest versions that were ever in force, the newest first, with authors."""
    return list(
        db.session.scalars(
            select(RulesVersion)
            .where(RulesVersion.state == VersionState.PUBLISHED)
            .options(joinedload(RulesVersion.author))
            .order_by(RulesVersion.id.desc())
            .limit(limit)
        )
    )


def version_before(version: RulesVersion) -> RulesVersion | None:
    """Return the version that was in force before this one."""
    return db.session.scalar(
        select(RulesVersion)
        .where(RulesVersion.state == VersionState.PUBLISHED, RulesVersion.id < version.id)
        .order_by(RulesVersion.id.desc())
        .limit(1)
    )


def runs_of(version: RulesVersion) -> list[RulesRun]:
    """Return the runs of a version over old posts, the newest first."""
    return list(
        db.session.scalars(
            select(RulesRun)
            .where(RulesRun.version_id == version.id)
            .order_by(RulesRun.id.desc())
            .limit(5)
        )
    )


def shadow_counts(shadow: RulesVersion) -> dict[str, int]:
    """Return how often each rule of a shadow would have fired, the most active first."""
    rows = db.session.execute(
        select(ShadowFlag.rule, func.count())
        .where(ShadowFlag.rules_version_id == shadow.id)
        .group_by(ShadowFlag.rule)
        .order_by(func.count().desc())
    )
    return {row[0]: row[1] for row in rows}


def _newest_in(state: VersionState) -> RulesVersion | None:
    return db.session.scalar(
        select(RulesVersion)
        .where(RulesVersion.state == state)
        .order_by(RulesVersion.id.desc())
        .limit(1)
    )


def _load(version_id: int, sha256: str) -> LoadedRules:
    known = _loaded.get(version_id)
    if known is not None and known.sha256 == sha256:
        return known
    with _loading:
        version = db.session.get_one(RulesVersion, version_id)
        lexicon = load_yaml(version.body)
        loaded = LoadedRules(version_id, version.sha256, lexicon, compile_rules(lexicon))
        while len(_loaded) >= KEPT_COMPILED:
            _loaded.pop(next(iter(_loaded)), None)
        _loaded[version_id] = loaded
    return loaded
