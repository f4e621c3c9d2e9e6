"""The desk opens to those who hold valid certificates. A case in hand is never taken away."""

from flask import flash, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Thread
from forum.web.pages import render_page
from forum.web.typed import lead
from moderation.cases.eligibility import answers_level
from moderation.cases.leases import is_in_hand
from moderation.cases.models import Case, CaseState
from moderation.cases.queries import find_case
from moderation.cases.queue import cases_with
from moderation.risk.levels import Level
from moderation.training.queries import is_certified, steps_of
from moderation.volunteers.duty import is_alone
from moderation.volunteers.protection import is_emergency

# The blueprints that show cases, or change what members see. Hints of news tell nothing.
DESK = frozenset(
    {
        *("cases", "holding", "replies", "pins", "crisis", "closing", "follow_ups"),
        *("measures", "threads", "bulk", "account_measures", "appeal_decisions"),
        *("unveiling", "buddies", "reviews"),
    }
)
EMERGENCIES_SHOWN = 10


def keep_desk_for_certified() -> Response | None:
    """Show what is to be refreshed in place of the desk, but for what this person has in hand.

    A late crisis that nobody else is there for stays open to whoever's role answers it.
    """
    if request.blueprint not in DESK or not current_user.is_authenticated:
        return None
    me = current_user.member
    if not me.is_staff or is_certified(me):
        return None
    if request.endpoint == "cases.queue":
        return make_response(_closed_desk(me))
    case_id = (request.view_args or {}).get("case_id")
    case = find_case(case_id) if case_id else None
    if case is not None and (_is_theirs(me, case) or _needs_them(me, case)):
        return None
    told = _("The desk rests for you until your lessons are refreshed. Nothing was changed.")
    to_the_desk = lead(
        url_for("cases.queue"),
        _("Desk"),
        403,
        _("This page is not open to you"),
        f"{told} {_('Your text stands below, to copy it.')}",
    )
    flash(told)
    return to_the_desk


def emergencies_for(member: Member) -> list[Case]:
    """Return crisis cases past their target that wait while nobody else is on duty."""
    if not answers_level(member, Level.CRISIS) or not is_alone(member):
        return []
    late = (
        select(Case)
        .where(
            Case.state == CaseState.WAITING,
            Case.level == int(Level.CRISIS),
            Case.due_at <= now(),
            Case.subject_id != member.id,
        )
        .options(joinedload(Case.thread).joinedload(Thread.room), joinedload(Case.subject))
        .order_by(Case.due_at)
        .limit(EMERGENCIES_SHOWN)
    )
    return list(db.session.scalars(late))


def _is_theirs(member: Member, case: Case) -> bool:
    """Return whether they have the case in hand, or were the one who closed it."""
    mine = case.holder_id == member.id
    return mine and (is_in_hand(case, now()) or case.state is CaseState.CLOSED)


def _needs_them(member: Member, case: Case) -> bool:
    """Return whether it is an emergency that this person's role answers."""
    return answers_level(member, case.risk_level) and is_emergency(member, case)


def _closed_desk(member: Member) -> str:
    return render_page(
        "volunteers/closed.html",
        steps=[step for step in steps_of(member) if not step.is_valid],
        mine=cases_with(member),
        emergencies=emergencies_for(member),
        now=now(),
    )
