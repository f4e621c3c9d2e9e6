"""What the people who reported hear when a case ends: that someone read it, and no details."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from forum.accounts.models import Member
from forum.extensions import db
from forum.notices.models import NoticeKind
from forum.notices.operations import notify, withdraw
from moderation.cases.models import Case, CaseState, CloseReason, Door, Report
from moderation.cases.queries import ended_with


class Outcome(StrEnum):
    """What a reporter learns. Of a worry they learn only that somebody read it."""

    READ = "read"
    ACTED = "acted"
    WATCHING = "watching"
    NO_BREACH = "no_breach"


OUTCOMES = {CloseReason.RULE_BREACH: Outcome.ACTED, CloseReason.NO_RISK: Outcome.NO_BREACH}


def tell_reporters(closer: Member, case: Case, *, after: timedelta) -> None:
    """Tell each person who reported in this case, once, that somebody has read it.

    Also who reported in a case that was joined to it: that one ended without a word. Who was
    worried hears the words for that, whatever else they reported. Whoever closes the case knows
    already. The notice names no post: it may be covered now.
    """
    told: dict[int, Report] = {}
    for report in db.session.scalars(_reports_of(case)):
        known = told.get(report.reporter_id)
        if known is None or (known.door is Door.BREACH and report.door is Door.WORRY):
            told[report.reporter_id] = report
    for reporter_id, report in told.items():
        if reporter_id != closer.id:
            notify(reporter_id, NoticeKind.REPORT_READ, subject_id=report.id, after=after)


def take_back_word(case: Case) -> None:
    """Withdraw what reporters were going to hear: the case is open again."""
    for report in db.session.scalars(_reports_of(case)):
        withdraw(NoticeKind.REPORT_READ, report.id)


def outcome_of(report_id: int | None) -> Outcome:
    """Return what the reporter learns of the case that their report belongs to, or went on in."""
    way = (
        select(Report.door, Report.case_id).where(Report.id == report_id).cte("way", recursive=True)
    )
    joined = aliased(Case)
    way = way.union(select(way.c.door, joined.merged_into_id).where(joined.id == way.c.case_id))
    row = db.session.execute(
        select(way.c.door, Case.state, Case.close_reason)
        .join(Case, Case.id == way.c.case_id)
        .where(Case.merged_into_id.is_(None))
    ).one_or_none()
    if row is None or row.door is Door.WORRY or row.state is not CaseState.CLOSED:
        return Outcome.READ
    return OUTCOMES.get(row.close_reason, Outcome.WATCHING)


def _reports_of(case: Case) -> Select[Report]:
    """Return the query for the reports that end with this case, the first one first."""
    ended = [found.id for found in ended_with(case)]
    return select(Report).where(Report.case_id.in_(ended)).order_by(Report.id)
