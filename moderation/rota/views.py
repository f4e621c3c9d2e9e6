"""The rota: who plans to be there, gaps, giving a turn away and swapping."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import STAFF, Member, Role, Zone
from forum.extensions import db, setting
from forum.notices.models import NoticeKind
from forum.notices.telling import Telling
from forum.web.pages import in_both_zones, reader_zone, render_page
from moderation.rota import operations, queries
from moderation.rota.forms import WEEKDAYS, SignUpForm, SlotForm, SwapForm, TurnForm
from moderation.rota.models import Slot, Swap, Turn
from moderation.rota.operations import NotPossible
from moderation.rota.times import begins, ends

Page = str | tuple[str, int] | Response

rota = Blueprint("rota", __name__)
rota.before_request(only_for(STAFF))
# The week itself is for leads and admins to draw.
slots = Blueprint("slots", __name__)
slots.before_request(only_for({Role.LEAD, Role.ADMIN}))


@rota.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"next_turn_of": next_turn_of, "slot_time": slot_time, "slot_hours": slot_hours}


def next_turn_of(member: Member) -> Turn | None:
    """Return somebody's next turn, or the one of now."""
    return next(iter(queries.turns_ahead_of(member)), None)


def slot_time(turn: Any) -> str:
    """Return when a turn, or a slot on a day, is, as the reader's clock shows it."""
    zone = reader_zone()
    day = format_datetime(
        begins(turn.slot, turn.day).astimezone(zone.tz), "EEEE, d MMMM", rebase=False
    )
    return "{}, {}\N{EN DASH}{} {}".format(day, *_clocks(turn, zone), zone)


def slot_hours(place: queries.Place) -> str:
    """Return the hours of a slot, to stand below its day in Jakarta."""
    return in_both_zones(lambda zone: _clocks(place, zone))


def _clocks(turn: Any, zone: Zone) -> tuple[str, str]:
    start, end = begins(turn.slot, turn.day), ends(turn.slot, turn.day)
    return f"{start.astimezone(zone.tz):%H:%M}", f"{end.astimezone(zone.tz):%H:%M}"


@rota.get("/meja/jadwal")
def index() -> str:
    """Show two weeks."""
    return _page()


@rota.post("/meja/jadwal/ikut")
def sign_up() -> Page:
    """Sign up for a slot on a day."""
    form = SignUpForm()
    if not form.validate_on_submit():
        abort(404)
    slot: Slot = queries.find_slot(form.slot.data) or abort(404)
    return _do(
        lambda: operations.sign_up(current_user.member, slot, form.day.data),
        _("Noted. It is good that you will be there."),
    )


@rota.post("/meja/jadwal/<int:turn_id>/batal")
def cancel(turn_id: int) -> Page:
    """Give a turn up."""
    return _do_turn(
        turn_id, operations.cancel, _("Your turn is free again. The others see the gap.")
    )


@rota.post("/meja/jadwal/<int:turn_id>/tawarkan")
def offer(turn_id: int) -> Page:
    """Offer a turn to others."""
    return _do_turn(
        turn_id, operations.offer, _("Others can take it now. Until then it stays with you.")
    )


@rota.post("/meja/jadwal/<int:turn_id>/simpan")
def keep(turn_id: int) -> Page:
    """Keep a turn after all."""
    return _do_turn(
        turn_id,
        lambda member, turn: operations.offer(member, turn, is_offered=False),
        _("It stays with you."),
    )


@rota.post("/meja/jadwal/<int:turn_id>/ambil")
def take_over(turn_id: int) -> Page:
    """Take a turn that somebody offers."""
    return _do_turn(turn_id, operations.take_over, _("It is yours now. They are told."))


@rota.post("/meja/jadwal/<int:turn_id>/tukar")
def propose_swap(turn_id: int) -> Page:
    """Propose one's own turn for one that is offered."""
    form = SwapForm()
    if not form.validate_on_submit():
        abort(404)
    given: Turn = queries.find_turn(form.given.data) or abort(404)
    return _do_turn(
        turn_id,
        lambda member, turn: operations.propose_swap(member, turn, given),
        _("They are asked. Nothing changes until they say yes."),
    )


@rota.post("/meja/jadwal/tukar/<int:swap_id>/terima")
def accept_swap(swap_id: int) -> Page:
    """Say yes to a swap."""
    return _do_swap(swap_id, operations.accept_swap, _("Swapped. They are told."))


@rota.post("/meja/jadwal/tukar/<int:swap_id>/tolak")
def decline_swap(swap_id: int) -> Page:
    """Say no to a swap, or take one's own proposal back."""
    return _do_swap(swap_id, operations.decline_swap, _("All stays as it was. They are told."))


@slots.post("/meja/jadwal/slot")
def add() -> Page:
    """Add a slot to the week."""
    form = SlotForm()
    if not form.validate_on_submit():
        return _page(form), 422
    return _do(
        lambda: operations.add_slot(
            current_user.member, form.weekday.data, form.hour.data, form.length.data
        ),
        _("Added. People can sign up."),
    )


@slots.post("/meja/jadwal/slot/<int:slot_id>/hapus")
def remove(slot_id: int) -> Page:
    """Remove a slot."""
    slot: Slot = queries.find_slot(slot_id) or abort(404)
    return _do(
        lambda: operations.remove_slot(current_user.member, slot),
        _("Removed. Whoever had planned for it is told."),
    )


def why_not(refusal: NotPossible) -> str:
    """Return why a change can't be made, for the person who tried."""
    words = {
        "overlap": _("Another slot is at that time already."),
        "full": _("This slot is full. Another one would be glad of you."),
        "gone": _("Somebody changed this meanwhile. Please look again."),
        "past": _("This time is over, or too far away."),
        "there": _("You are in this slot already."),
        "rest": _(
            "That is too close to another turn of yours. %(hours)g hours between keep you well.",
            hours=setting("SHIFT_REST_HOURS"),
        ),
        "training": _("The lessons come first. Then you can sign up."),
    }
    return words[refusal.why]


def _do(act: Callable[[], object], done: str) -> Page:
    if not TurnForm().validate_on_submit():
        abort(404)
    try:
        act()
    except NotPossible as refusal:
        db.session.rollback()
        flash(why_not(refusal))
        return _page(), 409
    db.session.commit()
    flash(done)
    return redirect(url_for("rota.index"))


def _do_turn(turn_id: int, act: Callable[[Member, Turn], object], done: str) -> Page:
    turn: Turn = queries.find_turn(turn_id) or abort(404)
    return _do(lambda: act(current_user.member, turn), done)


def _do_swap(swap_id: int, act: Callable[[Member, Swap], object], done: str) -> Page:
    swap: Swap = queries.find_swap(swap_id) or abort(404)
    return _do(lambda: act(current_user.member, swap), done)


def _page(form: SlotForm | None = None) -> str:
    me = current_user.member
    places = queries.places()
    mine = [turn for place in places if (turn := place.turn_of(me)) is not None]
    swaps = queries.swaps_of(me)
    return render_page(
        "rota/index.html",
        days=_by_day(places),
        gaps=[place for place in places if place.missing or not place.answers_heavy],
        mine=mine,
        to_me=[swap for swap in swaps if swap.wanted_from_id == me.id],
        by_me=[swap for swap in swaps if swap.given_by_id == me.id],
        slots=queries.slots(),
        weekdays=WEEKDAYS,
        form=form or SlotForm(formdata=None),
        draws=me.role in (Role.LEAD, Role.ADMIN),
        me=me,
    )


def _by_day(places: list[queries.Place]) -> list[tuple[str, list[queries.Place]]]:
    """Return the places of each day, with the day's name."""
    days: dict[Any, list[queries.Place]] = {}
    for place in places:
        days.setdefault(place.day, []).append(place)
    return [(format_date(day, "EEEE, d MMMM"), found) for day, found in days.items()]


TELLINGS = {NoticeKind.TURN_CHANGED: Telling("rota/notice.html")}
