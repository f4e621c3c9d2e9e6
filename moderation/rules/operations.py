"""What admins do with rules: write a draft, watch it in the shadow, publish, go back."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import is_code, record
from moderation.risk.compile import compile_rules
from moderation.risk.rulefile import broken_references, dump_yaml
from moderation.risk.rules import Lexicon, Rule
from moderation.rules.diff import diff_lexicons
from moderation.rules.gate import Refusal, check_version, golden_posts
from moderation.rules.models import RulesVersion, VersionState
from moderation.rules.queries import (
    NoRules,
    find_draft,
    find_shadow,
    load_version,
    newest_version_id,
    rules_in_force,
)

# How many changed rules the record names; the version itself tells all.
RULES_NAMED = 10


class RuleExists(Exception):
    """A rule or combination with this id is there already."""


class UnknownRule(Exception):
    """No rule has this id."""


class NoDraft(Exception):
    """There is no draft to do this with."""


class RulesChanged(Exception):
    """Other rules came in force since these were prepared."""


class GateClosed(Exception):
    """The version would lose something. `refusals` say what, and by which rule."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(f"{len(refusals)} demands are not met")
        self.refusals = refusals


@dataclass(frozen=True)
class Prepared:
    """A lexicon ready to be kept: its text, what it changes, and what the gate says of it.

    `base_id` is the version in force that all of this was held against.
    """

    body: str
    base_id: int | None
    changed: tuple[str, ...]
    refusals: tuple[Refusal, ...] = ()


def prepare(lexicon: Lexicon, *, gate: bool = True) -> Prepared:
    """Compile a lexicon, write it as text and, if asked, hold it against the publish gate.

    Takes seconds of work and writes nothing, so it belongs outside any write transaction: see
    forum.database.reading. Raises moderation.risk.rules.RuleError for what can't be compiled, or
    could not be read again from its text.
    """
    for _kind, _name, error in broken_references(lexicon):
        raise error
    newest = newest_version_id()
    try:
        base = rules_in_force()
    except NoRules:
        base = None
    ruleset = compile_rules(lexicon)
    refusals: tuple[Refusal, ...] = ()
    if gate and base is not None:
        refusals = check_version(base.ruleset, ruleset, golden_posts())
    return Prepared(
        body=dump_yaml(lexicon),
        # Not the base's own: the newest may be damaged, and must not keep out what mends it.
        base_id=newest,
        changed=tuple(_changed_rules(base.lexicon, lexicon)) if base else (),
        refusals=refusals,
    )


def publish(author: Member | None, prepared: Prepared, reason: str) -> RulesVersion:
    """Put rules in force; the next post is scanned by them. Raises GateClosed, RulesChanged."""
    if prepared.refusals:
        raise GateClosed(prepared.refusals)
    if prepared.base_id != newest_version_id():
        raise RulesChanged
    version = _add_version(author, prepared.body, VersionState.PUBLISHED, reason)
    _record(author, Action.PUBLISH_RULES, version, rules=list(prepared.changed))
    return version


def publish_starter(lexicon: Callable[[], Lexicon]) -> bool:
    """Put the starter lexicon in force on a site without rules. Returns whether it did."""
    if newest_version_id() is not None:
        return False
    publish(None, prepare(lexicon(), gate=False), "starter lexicon")
    return True


def publish_draft(admin: Member, prepared: Prepared, reason: str) -> RulesVersion:
    """Put the draft, as `prepare` read it, in force. Raises NoDraft, GateClosed, RulesChanged."""
    draft = find_draft()
    if draft is None or draft.body != prepared.body:
        raise NoDraft
    version = publish(admin, prepared, reason)
    draft.state = VersionState.DROPPED
    return version


def save_draft(admin: Member | None, prepared: Prepared, reason: str) -> RulesVersion:
    """Keep a lexicon as the draft, in place of the one there was."""
    return _replace_draft(admin, prepared, reason, Action.DRAFT_RULES)


def import_draft(admin: Member | None, prepared: Prepared, reason: str) -> RulesVersion:
    """Keep what a file says as the draft, as `save_draft` does."""
    return _replace_draft(admin, prepared, reason, Action.IMPORT_RULES)


def drop_draft(admin: Member) -> None:
    """Give the draft up."""
    if draft := find_draft():
        draft.state = VersionState.DROPPED
        _record(admin, Action.DROP_DRAFT, draft)


def start_shadow(admin: Member, reason: str) -> RulesVersion:
    """Let the draft's present text read every new post and act on nothing. Raises NoDraft."""
    draft = find_draft()
    if draft is None:
        raise NoDraft
    if earlier := find_shadow():
        earlier.state = VersionState.DROPPED
    shadow = _add_version(admin, draft.body, VersionState.SHADOW, reason)
    _record(admin, Action.START_SHADOW, shadow)
    return shadow


def stop_shadow(admin: Member) -> None:
    """End the shadow."""
    if shadow := find_shadow():
        shadow.state = VersionState.DROPPED
        _record(admin, Action.STOP_SHADOW, shadow)


def go_back(admin: Member, version: RulesVersion, reason: str) -> RulesVersion:
    """Put an earlier version in force again, to the byte. The gate does not stand in the way.

    Raises DamagedRules for one whose text is damaged, or that this engine can't read any more.
    """
    load_version(version)
    again = _add_version(admin, version.body, VersionState.PUBLISHED, reason)
    _record(admin, Action.GO_BACK, again, to_version=version.id)
    return again


def working_lexicon() -> Lexicon:
    """Return what an admin changes next: the draft, or the rules in force where there is none.

    Raises DamagedRules.
    """
    draft = find_draft()
    return load_version(draft).lexicon if draft else rules_in_force().lexicon


def with_new_rule(lexicon: Lexicon, rule: Rule) -> Lexicon:
    """Return the lexicon with one rule more. Raises RuleExists."""
    taken = {known.id for known in lexicon.rules} | {known.id for known in lexicon.combinations}
    if rule.id in taken:
        raise RuleExists
    return replace(lexicon, rules=(*lexicon.rules, rule))


def without_rule(lexicon: Lexicon, rule_id: str) -> Lexicon:
    """Return the lexicon without a rule. Raises UnknownRule."""
    rules = tuple(known for known in lexicon.rules if known.id != rule_id)
    if len(rules) == len(lexicon.rules):
        raise UnknownRule
    return replace(lexicon, rules=rules)


def with_rules(lexicon: Lexicon, rules: Iterable[Rule]) -> Lexicon:
    """Return the lexicon with these rules added, or in place of those with their ids."""
    merged = {rule.id: rule for rule in lexicon.rules} | {rule.id: rule for rule in rules}
    return replace(lexicon, rules=tuple(merged.values()))


def _replace_draft(
    admin: Member | None, prepared: Prepared, reason: str, action: Action
) -> RulesVersion:
    if earlier := find_draft():
        earlier.state = VersionState.DROPPED
    draft = _add_version(admin, prepared.body, VersionState.DRAFT, reason)
    _record(admin, action, draft, rules=list(prepared.changed))
    return draft


def _changed_rules(base: Lexicon, lexicon: Lexicon) -> list[str]:
    """Return the ids of rules and combinations that differ, as far as the record names them."""
    named = {
        change.entry
        for change in diff_lexicons(base, lexicon)
        if change.section in ("rules", "combinations") and is_code(change.entry)
    }
    return sorted(named)[:RULES_NAMED]


def _record(
    author: Member | None,
    action: Action,
    version: RulesVersion,
    *,
    rules: list[str] | None = None,
    to_version: int | None = None,
) -> None:
    record(
        author,
        action,
        SubjectKind.RULES_VERSION,
        version.id,
        sha256=version.sha256,
        rules=rules or None,
        to_version=to_version,
    )


def _add_version(
    author: Member | None, body: str, state: VersionState, reason: str
) -> RulesVersion:
    moment = now()
    version = RulesVersion(
        state=state,
        body=body,
        sha256=hashlib.sha256(body.encode()).hexdigest(),
        author_id=author.id if author else None,
        reason=reason,
        created_at=moment,
        published_at=moment if state is VersionState.PUBLISHED else None,
    )
    db.session.add(version)
    db.session.flush()
    return version
