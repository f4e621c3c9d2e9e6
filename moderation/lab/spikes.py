"""Telling admins that a rule suddenly fires far more: a wave, or a slip in the rule."""

from datetime import timedelta

from sqlalchemy import exists, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.notices.operations import notify
from forum.notices.telling import Telling
from moderation.lab.ledger import rule_records

# An admin hears of it once in this time, however many rules and hours it lasts.
QUIET = timedelta(days=1)


def spiking_rules() -> list[str]:
    """Return the ids of the rules that fire far more today than they used to."""
    return [record.rule for record in rule_records() if record.is_spiking]


def announce_spikes() -> int:
    """Tell each admin who has not heard of it today. Returns how many were told."""
    if not spiking_rules():
        return 0
    told = exists().where(
        Notice.member_id == Member.id,
        Notice.kind == NoticeKind.RULES_SPIKE,
        Notice.created_at > now() - QUIET,
    )
    admins = db.session.scalars(select(Member.id).where(Member.role == Role.ADMIN, ~told)).all()
    for member_id in admins:
        notify(member_id, NoticeKind.RULES_SPIKE)
    return len(admins)


TELLINGS = {
    NoticeKind.RULES_SPIKE: Telling("lab/notice.html", lambda _: spiking_rules()),
}
