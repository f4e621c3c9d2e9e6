"""What the person of a case answers in a private check-in, and what that does to the case."""

from dataclasses import dataclass
from typing import Any

import structlog

from forum.accounts.models import Member
from forum.extensions import db
from forum.text import clean
from moderation.care.models import CheckIn, CheckInMessage, QuickAnswer
from moderation.care.operations import find_message, write_answer
from moderation.cases.models import Case, Lane
from moderation.cases.opening import note_signs, open_case_of
from moderation.risk.assess import assess
from moderation.risk.levels import Level
from moderation.risk.signs import Sign
from moderation.rules.queries import rules_in_force

# "I'm safe now" is told and lowers nothing: only a human lowers a level.
ANSWER_LEVELS = {QuickAnswer.NOT_SAFE: Level.CRISIS, QuickAnswer.WANT_TO_TALK: Level.RED}
# Words that no rule could read may hold anything.
UNREAD_LEVEL = Level.RED

log = structlog.get_logger()


@dataclass(frozen=True)
class Reading:
    """What the rules made of a text; `level` is None where they could not read it."""

    level: Level | None
    spans: list[dict[str, Any]]
    signs: tuple[Sign, ...] = ()


def answer(
    member: Member, check_in: CheckIn, *, body: str, quick: QuickAnswer, submission_key: str
) -> CheckInMessage:
    """Answer a check-in with words, one press, or both. Returns the message.

    The case rises to what the press or the rules say, or opens again if it is closed, and has a
    new version either way. The same form sent again returns the message that it made before and
    does nothing more. Raises forum.text.TextTooLong.
    """
    if earlier := find_message(member, submission_key):
        return earlier
    text = clean(body)
    found = read_words(text, check_in_id=check_in.id)
    message = write_answer(
        member,
        check_in,
        body=text,
        answer=quick,
        level=found.level,
        spans=found.spans,
        submission_key=submission_key,
    )
    level = max(ANSWER_LEVELS.get(quick, Level.GREEN), level_of(found))
    begun_on = db.session.get_one(Case, check_in.case_id)
    case = open_case_of(begun_on.thread_id, begun_on.subject_id, Lane.CHECK_IN, level)
    note_signs(case, found.signs)
    check_in.case_id = case.id
    return message


def read_words(text: str, **ids: int) -> Reading:
    """Read what a member wrote to the desk by the rules in force; no history weighs in.

    `ids` stand in the log if the rules fail.
    """
    if not text:
        return Reading(Level.GREEN, [])
    try:
        with db.session.begin_nested():
            found = assess(text, rules_in_force().ruleset)
    except Exception as error:  # noqa: BLE001 (whatever fails, the words must not be lost)
        log.warning("answer_not_read", error=type(error).__name__, **ids)
        return Reading(None, [])
    spans = [
        {"rule": match.rule, "start": match.start, "end": match.end}
        for match in found.matches
        if match.level > Level.GREEN
    ]
    return Reading(found.level, spans, found.signs)


def level_of(found: Reading) -> Level:
    """Return how urgent a text is; one that no rule could read counts as red."""
    return UNREAD_LEVEL if found.level is None else found.level
