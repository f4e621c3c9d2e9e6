"""Reads of rules: the versions in force and in the shadow, compiled once per process."""

import hashlib
import threading
from dataclasses import dataclass

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.rulefile import LexiconErrors, load_yaml
from moderation.risk.rules import Lexicon, RuleError
from moderation.rules.models import RulesRun, RulesVersion, ShadowFlag, VersionState

# In force, shadow, and the draft that an admin tries.
KEPT_COMPILED = 4
# How many earlier versions are tried where the one in force is damaged.
TRIED_BEFORE = 5
UNREADABLE = "this engine can't read the text"
# The newest version that acts and the newest that is tried beside it; every post asks for them.
NEWEST = select(RulesVersion.state, RulesVersion.id, RulesVersion.sha256).where(
    RulesVersion.id.in_(
        select(func.max(RulesVersion.id))
        .where(RulesVersion.state.in_((VersionState.PUBLISHED, VersionState.SHADOW)))
        .group_by(RulesVersion.state)
    )
)

log = structlog.get_logger()


class NoRules(Exception):
    """No version is published. Nothing may pass for scanned without rules."""


class DamagedRules(Exception):
    """The text of a version is not the one that was written, or this engine can't read it."""


@dataclass(frozen=True)
class LoadedRules:
    """A version, ready to match. `sha256` tells a changed draft from its older text."""

    version_id: int
    sha256: str
    lexicon: Lexicon
    ruleset: RuleSet


_loaded: dict[int, LoadedRules] = {}
# Whole texts, by their hashes, that this engine can't read, such as after an upgrade: every post
# asks for the rules in force, and to find that out again takes half a second.
_unreadable: set[str] = set()
_loading = threading.Lock()


def rules_in_force() -> LoadedRules:
    """Return the newest published rules; one small statement when nothing has changed.

    Where they are damaged or can't be read, the newest ones before them. Raises NoRules.
    """
    return acting_rules()[0]


def acting_rules() -> tuple[LoadedRules, LoadedRules | None]:
    """Return the rules in force and the shadow's, if there is one. Raises NoRules."""
    newest = {
        state: (version_id, sha256) for state, version_id, sha256 in db.session.execute(NEWEST)
    }
    if VersionState.PUBLISHED not in newest:
        raise NoRules
    shadow = newest.get(VersionState.SHADOW)
    in_force = _load_sound(*newest[VersionState.PUBLISHED]) or _last_sound(
        newest[VersionState.PUBLISHED][0]
    )
    return in_force, _load_sound(*shadow) if shadow else None


def damaged_rules() -> list[int]:
    """Return the ids of the versions in force and in the shadow that no post is read by."""
    newest = (newest_version_id(), shadow.id if (shadow := find_shadow()) else None)
    versions = [db.session.get_one(RulesVersion, known) for known in newest if known is not None]
    return [version.id for version in versions if is_unreadable(version)]


def is_unreadable(version: RulesVersion) -> bool:
    """Return whether no post can be read by a version, now or after a restart."""
    return not _is_whole(version) or _load_sound(version.id, version.sha256) is None


def load_before_fork() -> None:
    """Have the rules ready in a process that will fork; leaves no connection open."""
    try:
        rules_in_force()
    except Exception:  # whoever needs the rules tries again, and says so too
        log.exception("rules_not_loaded")
    db.session.remove()
    # Children must not share a connection.
    db.engine.dispose()


def load_version(version: RulesVersion) -> LoadedRules:
    """Return any version ready to match. Raises DamagedRules."""
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


def _load_sound(version_id: int, sha256: str) -> LoadedRules | None:
    try:
        return _load(version_id, sha256)
    except DamagedRules:
        log.exception("rules_damaged", version_id=version_id)
        return None


def _last_sound(version_id: int) -> LoadedRules:
    """Return the newest sound rules that were in force before a version. Raises NoRules."""
    earlier = db.session.execute(
        select(RulesVersion.id, RulesVersion.sha256)
        .where(RulesVersion.state == VersionState.PUBLISHED, RulesVersion.id < version_id)
        .order_by(RulesVersion.id.desc())
        .limit(TRIED_BEFORE)
    )
    for older_id, sha256 in earlier.all():
        if loaded := _load_sound(older_id, sha256):
            return loaded
    raise NoRules


def _is_whole(version: RulesVersion) -> bool:
    return hashlib.sha256(version.body.encode()).hexdigest() == version.sha256


def _load(version_id: int, sha256: str) -> LoadedRules:
    """Return a version, compiled at most once in this process. Raises DamagedRules."""
    known = _loaded.get(version_id)
    if known is not None and known.sha256 == sha256:
        return known
    with _loading:
        version = db.session.get_one(RulesVersion, version_id)
        if not _is_whole(version):
            raise DamagedRules("the text is not the one that was written")
        if sha256 in _unreadable:
            raise DamagedRules(UNREADABLE)
        try:
            lexicon = load_yaml(version.body)
            ruleset = compile_rules(lexicon)
        except (LexiconErrors, RuleError):
            _unreadable.add(sha256)
            # What the engine says holds words of the rules, which belong in no log.
            raise DamagedRules(UNREADABLE) from None
        loaded = LoadedRules(version_id, version.sha256, lexicon, ruleset)
        while len(_loaded) >= KEPT_COMPILED:
            _loaded.pop(next(iter(_loaded)), None)
        _loaded[version_id] = loaded
    return loaded
