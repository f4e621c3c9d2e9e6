"""A member asks for another look at a measure; somebody else than before decides."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from forum.posts.queries import alias_of
from forum.text import clean
from moderation.appeals.models import Appeal, AppealOutcome
from moderation.appeals.queries import find_appeal, standing_of
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.care.operations import end_check_ins
from moderation.cases.acts import advance
from moderation.cases.answers import level_of, read_words
from moderation.cases.models import Act, Case, CloseReason, Lane, Recusal
from moderation.cases.opening import note_signs, open_case_of
from moderation.cases.operations import closing
from moderation.cases.refusals import CaseChanged
from moderation.cases.taken_back import erase_later
from moderation.measures.models import Measure
from moderation.measures.reversals import reverse
from moderation.risk.levels import Level

MAX_APPEAL = 2_000


class NotAppealable(Exception):
    """The measure was taken back, can't be appealed, or its days are over."""


def appeal(member: Member, measure: Measure, body: str) -> Appeal:
    """Ask for another look at a measure that concerns this member. Returns the appeal.

    It comes to the desk as a case of its own, amber, which those who took and confirmed the
    measure can neither take nor decide. Words that signal danger open or raise the member's
    ordinary case too, because whoever is there must be able to answer those. Asking again
    returns the first appeal. Raises NotAppealable, forum.text.TextTooLong.
    """
    standing = standing_of(measure)
    if standing.appeal is not None:
        return standing.appeal
    if measure.member_id != member.id or not standing.may_appeal:
        raise NotAppealable
    text = clean(body, MAX_APPEAL)
    found = read_words(text, measure_id=measure.id)
    thread_id = measure.case.thread_id
    try:
        with db.session.begin_nested():
            case = _open_case(thread_id, measure)
            made = Appeal(
                measure_id=measure.id,
                case_id=case.id,
                member_id=member.id,
                taken_by_id=measure.moderator_id,
                confirmed_by_id=measure.confirmed_by_id,
                body=text,
                level=found.level,
                created_at=now(),
            )
            db.session.add(made)
    except IntegrityError:
        # The form came twice at the same moment, and the other one was first.
        earlier = standing_of(measure).appeal
        if earlier is None:
            raise
        return earlier
    if level_of(found) >= Level.RED:
        danger = open_case_of(thread_id, member.id, Lane.RISK, level_of(found))
        note_signs(danger, found.signs)
        made.danger_case_id = danger.id
    return made


def decide(
    moderator: Member, case: Case, seen_version: int, outcome: AppealOutcome, words: str
) -> Appeal:
    """Decide the appeal of a case, end the case, and tell the member. Returns the appeal.

    Overturning takes the measure back. Raises as `advance` does: OwnDecision for whoever took or
    confirmed the measure.
    """
    advance(
        moderator,
        case,
        seen_version,
        Act.DECIDE_APPEAL,
        reason=CloseReason(outcome.value),
        values=closing(CloseReason(outcome.value)),
    )
    end_check_ins(case.id)
    # A decided appeal can't be undone.
    erase_later(case, timedelta(0))
    made = find_appeal(case)
    if made is None:
        raise CaseChanged
    made.outcome = outcome
    made.answer = words
    made.decided_by_id = moderator.id
    made.decided_at = now()
    measure = made.measure
    reversed_now = outcome is AppealOutcome.OVERTURNED and reverse(measure)
    notify(made.member_id, NoticeKind.APPEAL_DECIDED, subject_id=made.id, post=measure.post)
    if reversed_now:
        record(
            moderator,
            Action.REVERSE,
            SubjectKind.MEASURE,
            measure.id,
            measure_kind=measure.kind.value,
        )
    return made


def _open_case(thread_id: int, measure: Measure) -> Case:
    """Open the appeal's own case in the thread that the measure was taken in."""
    case = Case(
        thread_id=thread_id,
        subject_id=measure.member_id,
        alias_id=alias_of(thread_id, measure.member_id),
        lane=Lane.APPEAL,
        level=int(Level.AMBER),
        opened_at=now(),
        due_at=now() + timedelta(hours=setting("APPEAL_HOURS")),
    )
    db.session.add(case)
    db.session.flush()
    for member_id in {measure.moderator_id, measure.confirmed_by_id} - {None}:
        db.session.add(Recusal(case_id=case.id, member_id=member_id))
    return case
