"""Reads about an account: its measures, and whether its owner is in danger."""

from sqlalchemy import exists, or_, select

from forum.accounts.models import Member
from forum.extensions import db
from moderation.cases.models import Case, CaseState, Door, Flag, Lane, Report
from moderation.cases.queries import is_same_name
from moderation.measures.models import Measure, MeasureKind
from moderation.risk.levels import Level

# Categories of rules that tell of harm to others and not of danger to the writer.
AGAINST_OTHERS = ("ENCOURAGE", "HARASS", "SOLICIT")
ON_ACCOUNTS = (
    MeasureKind.WARN,
    MeasureKind.PAUSE,
    MeasureKind.LIFT_PAUSE,
    MeasureKind.CLOSE_ACCOUNT,
)
SHOWN = 20


def is_in_danger(member_id: int) -> bool:
    """Return whether an open red or crisis case may be about danger to this person.

    A case is not if rules about harm to others alone made it as urgent as it is. In doubt it
    is: a worry, a text that no rule could read, an answer to a check-in.
    """
    red = (Flag.case_id == Case.id, Flag.level >= Level.RED)
    found = db.session.scalar(
        select(Case.id)
        .where(
            Case.subject_id == member_id,
            Case.state != CaseState.CLOSED,
            Case.lane != Lane.APPEAL,
            Case.level >= Level.RED,
            or_(
                exists().where(*red, Flag.category.not_in(AGAINST_OTHERS)),
                exists().where(Report.case_id == Case.id, Report.door == Door.WORRY),
                ~exists().where(*red, Flag.level >= Case.level),
            ),
        )
        .limit(1)
    )
    return found is not None


def account_measures_of(case: Case) -> list[Measure]:
    """Return the latest measures on an account, the newest first; with those only asked for.

    Those alone that were taken under the name of this case: others would tell of other names.
    """
    return list(
        db.session.scalars(
            select(Measure)
            .join(Measure.case)
            .where(is_same_name(case), Measure.kind.in_(ON_ACCOUNTS))
            .order_by(Measure.id.desc())
            .limit(SHOWN)
        )
    )


def pauses_in_force(member: Member) -> list[Measure]:
    """Return a member's pauses that were not taken back, ended or not."""
    return list(
        db.session.scalars(
            select(Measure).where(
                Measure.member_id == member.id,
                Measure.kind == MeasureKind.PAUSE,
                Measure.undone_at.is_(None),
            )
        )
    )


def find_asking(case: Case) -> Measure | None:
    """Return what was asked in this case about closing its person's account, if it waits."""
    return db.session.scalar(
        select(Measure).where(
            Measure.case_id == case.id,
            Measure.kind == MeasureKind.CLOSE_ACCOUNT,
            Measure.confirmed_by_id.is_(None),
            Measure.undone_at.is_(None),
        )
    )
