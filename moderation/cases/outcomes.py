"""What the people who reported hear when a case ends: that someone read it, and no details."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db
from forum.notices.models import NoticeKind
from forum.notices.operations import notify, withdraw
from moderation.cases.models import Case, CaseState, CloseReason, Door, Report


class Outcome(StrEnum):
    """What a reporter learns. Of a worry they learn only that somebody read it."""

    READ = "read"
    ACTED = "acted"
    WATCHING = "watching"
    NO_BREACH = "no_breach"


OUTCOMES = {CloseReason.RULE_BREACH: Outcome.ACTED, CloseReason.NO_RISK: Outcome.NO_BREACH}


def tell_reporters(closer: Member, case: Case, *, after: timedelta) -> None:
    """Tell each person who reported in this case, once, that somebody has read it.

    Who was worried hears the words for that, whatever else they reported. Whoever closes the
    case knows already. The notice names no post: it may be covered now.
    """
    told: dict[int, Report] = {}
    for report in db.session.scalars(
        select(Report).where(Report.case_id == case.id).order_by(Report.id)
    ):
        known = told.get(report.reporter_id)
        if known is None or (known.door is Door.BREACH and report.door is Door.WORRY):
            told[report.reporter_id] = report
    for reporter_id, report in told.items():
        if reporter_id != closer.id:
            notify(reporter_id, NoticeKind.REPORT_READ, subject_id=report.id, after=after)


def take_back_word(case: Case) -> None:
    """Withdraw what reporters were going to hear: the case is open again."""
    for report_id in db.session.scalars(select(Report.id).where(Report.case_id == case.id)):
        withdraw(NoticeKind.REPORT_READ, report_id)


def outcome_of(report_id: int | None) -> Outcome:
    """Return what the reporter learns of the case that a report belongs to."""
    row = db.session.execute(
        select(Report.door, Case.state, Case.close_reason)
        .join(Case, Case.id == Report.case_id)
        .where(Report.id == report_id)
    ).one_or_none()
    if row is None or row.door is Door.WORRY or row.state is not CaseState.CLOSED:
        return Outcome.READ
    return OUTCOMES.get(row.close_reason, Outcome.WATCHING)
