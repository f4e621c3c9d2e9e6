"""One's own shift, the page of leads, and what somebody does about a case for their own sake."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF, Member, Role
from forum.clock import now
from forum.extensions import db, setting
from forum.rooms.models import ContentWarning
from forum.text import clean
from forum.web.pages import render_page
from moderation.cases.forms import CaseForm
from moderation.cases.page import Page, carry_out, find_case
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.refusals import WORDS
from moderation.risk.levels import Level
from moderation.volunteers import operations, queries
from moderation.volunteers.exposure import (
    Exposure,
    exposure_of,
    rests_until,
    stays_of,
    works_since,
)
from moderation.volunteers.forms import BeginForm, DebriefForm, TopicsForm
from moderation.volunteers.models import Shift
from moderation.volunteers.protection import (
    BudgetUsed,
    HeavyEnough,
    NotCertified,
    OptedOut,
    Resting,
    levels_for,
    may_take_all_the_same,
    topics_of,
    why_spared,
)

shifts = Blueprint("shifts", __name__)
shifts.before_request(only_for(STAFF))
# What was said at the end of a shift, and each one's figures, are for leads alone.
team = Blueprint("team", __name__)
team.before_request(only_for({Role.LEAD}))

WORDS.update(
    {
        BudgetUsed: lambda: _(
            "You have read much already. A gentler case fits, or a break. Others take this one."
        ),
        HeavyEnough: lambda: _(
            "You have been with as many red and crisis cases as one shift holds. "
            "Gentler ones fit, or a break."
        ),
        Resting: lambda: _(
            "A heavy case was just with you. A few minutes of something gentler come first."
        ),
        NotCertified: lambda: _(
            "Something you learned wants refreshing first. The lessons take a few minutes."
        ),
        OptedOut: lambda: _("This case touches a topic that you would rather not read."),
    }
)


@dataclass(frozen=True)
class OwnState:
    """How somebody's shift goes, for their own eyes.

    `rests_until` is set where nothing heavy is dealt, `pause` where a pause is due, `is_full`
    where nothing more fits. `shift` is the one they have not ended, which may have run out.
    """

    shift: Shift | None
    exposure: Exposure
    rests_until: datetime | None
    pause: bool
    is_full: bool
    only_gentle: bool


def own_state(member: Member) -> OwnState:
    """Return how somebody's shift goes; two statements."""
    shift = queries.open_shift(member)
    stays = stays_of([member.id]).get(member.id, [])
    levels = levels_for(stays)
    is_long = False
    if shift:
        working = (now() - works_since(stays, shift.started_at)).total_seconds() / 60
        is_long = working >= setting("BREAK_MINUTES")
    return OwnState(
        shift=shift,
        exposure=exposure_of(stays),
        rests_until=rests_until(stays),
        pause=is_long,
        is_full=not levels,
        only_gentle=Level.RED not in levels,
    )


@shifts.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"own_state": own_state}


@shifts.get("/meja/giliran")
def index() -> str:
    """Show one's own shift, figures and topics."""
    return _shift_page()


@shifts.post("/meja/giliran/mulai")
def begin() -> Page:
    """Begin a shift."""
    form = BeginForm()
    if not form.validate_on_submit():
        return _shift_page(begin_form=form), 422
    try:
        operations.begin_shift(current_user.member, anyway=form.anyway.data)
    except NotCertified as refusal:
        db.session.rollback()
        flash(WORDS[type(refusal)]())
        return redirect(url_for("training.index"))
    except operations.TooSoon as refusal:
        db.session.rollback()
        return _shift_page(begin_form=form, ready_at=refusal.ready_at), 409
    db.session.commit()
    flash(_("Your shift has begun. Thank you for being here."))
    return redirect(url_for("cases.queue"))


@shifts.get("/meja/giliran/selesai")
def ending() -> Page:
    """Show what is left to others, and ask three questions."""
    return _end_page(DebriefForm())


@shifts.post("/meja/giliran/selesai")
def end() -> Page:
    """End the shift."""
    form = DebriefForm()
    if not form.validate_on_submit():
        return _end_page(form, 422)
    try:
        operations.end_shift(
            current_user.member,
            weighed=clean(form.weighed.data or ""),
            helped=clean(form.helped.data or ""),
            wished=clean(form.wished.data or ""),
        )
    except operations.HoldsHeavy:
        db.session.rollback()
        flash(_("A red or crisis case is still with you. Hand it over first, then rest."))
        return _end_page(form, 409)
    except operations.NoShift:
        db.session.rollback()
        return redirect(url_for("shifts.index"))
    db.session.commit()
    flash(_("Your shift has ended. Rest well, and thank you."))
    return redirect(url_for("shifts.index"))


@shifts.post("/meja/giliran/topik")
def topics() -> Page:
    """Choose the topics that one would rather not be dealt."""
    form = TopicsForm()
    if not form.validate_on_submit():
        return _shift_page(topics_form=form), 422
    operations.choose_topics(
        current_user.member, [ContentWarning(topic) for topic in form.topics.data or ()]
    )
    db.session.commit()
    flash(_("Noted. The desk follows it from now on."))
    return redirect(url_for("shifts.index"))


@shifts.post("/meja/kasus/<case_id>/bukan-ini")
def skip(case_id: str) -> Page:
    """Pass a case, without a reason."""
    operations.skip(current_user.member, find_case(case_id))
    db.session.commit()
    flash(_("That is fine. It comes to somebody else."))
    return redirect(url_for("cases.queue"))


@shifts.post("/meja/kasus/<case_id>/tetap-ambil")
def take_all_the_same(case_id: str) -> Page:
    """Take a case that one is spared, after a choice of one's own."""
    return carry_out(
        case_id,
        CaseForm(),
        lambda case, seen: operations.take_all_the_same(current_user.member, case, seen),
    )


@team.get("/meja/giliran/tim")
def index_of_team() -> str:
    """Show leads how much each has read, and what was said at the end of shifts."""
    latest = queries.latest_shifts()
    return render_page(
        "volunteers/team.html",
        people=queries.exposures(),
        shifts=latest,
        now=now(),
    )


def _shift_page(
    begin_form: BeginForm | None = None,
    topics_form: TopicsForm | None = None,
    ready_at: datetime | None = None,
) -> str:
    me = current_user.member
    last = queries.last_shift(me)
    return render_page(
        "volunteers/shift.html",
        state=own_state(me),
        last=last,
        left=queries.left_by(last) if last and last.ended_at else [],
        begin_form=begin_form or BeginForm(formdata=None),
        topics_form=topics_form
        or TopicsForm(formdata=None, data={"topics": [topic.value for topic in topics_of(me)]}),
        ready_at=ready_at,
        now=now(),
    )


def _end_page(form: DebriefForm, status: int = 200) -> Page:
    shift = queries.open_shift(current_user.member)
    if shift is None:
        return redirect(url_for("shifts.index"))
    page = render_page(
        "volunteers/end.html", shift=shift, left=queries.left_by(shift), form=form, now=now()
    )
    return page, status


def _fill_spared(view: CaseView) -> dict[str, Any] | None:
    """Return why this person is spared the waiting case, and whether they may choose otherwise."""
    if view.is_closed or not view.is_waiting or view.refusal:
        return None
    spared = why_spared(view.staff, view.case)
    if spared is None:
        return None
    return {
        "form": view.form(CaseForm),
        "why": WORDS[type(spared)](),
        "may": may_take_all_the_same(view.staff, view.case, spared),
        "is_topic": isinstance(spared, OptedOut),
    }


PANELS = (Panel("volunteers/spared.html", Place.STATE, 8, _fill_spared, when_blind=True),)
