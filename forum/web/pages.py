"""Rendering, and what every template may ask for."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import get_day_names
from flask import Flask, has_request_context, render_template, request, url_for
from flask_babel import format_date, format_datetime, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from forum.accounts.models import Zone
from forum.clock import now
from forum.help.hours import in_zone, staffed_hours
from forum.help.queries import directory_file, is_fresh
from forum.posts.masks import covered_words, marked_html
from forum.rooms.models import ContentWarning
from forum.text import COVERED, LEFT
from forum.web.language import current_language

WARNING_NAMES = {
    ContentWarning.NONE: _l("no content warning"),
    ContentWarning.SUICIDE: _l("Mentions suicide"),
    ContentWarning.SELF_HARM: _l("Mentions self-harm"),
    ContentWarning.ABUSE: _l("Mentions violence"),
    ContentWarning.EATING: _l("Mentions eating problems"),
    ContentWarning.SUBSTANCE: _l("Mentions alcohol or drugs"),
    ContentWarning.GRIEF: _l("Mentions loss and grief"),
}
# Beyond what a database can count to, there is no page either.
MAX_PAGE = 100_000


def render_page(template: str, **context: Any) -> str:
    """Return a page; the same as Flask's, named so that views read alike."""
    return render_template(template, **context)


def page_number() -> int:
    """Return which page of a list is asked for, counted from 1."""
    return min(MAX_PAGE, max(1, request.args.get("page", 1, type=int)))


def static_url(name: str) -> str:
    """Return the address of a static file, with a hash of its content as its version."""
    return url_for("static", filename=name, v=_content_hash(name))


def help_floor() -> list[str]:
    """Return the three ways to help that never depend on data, in the page's language."""
    field = f"text_{current_language()}"
    return [entry[field] for entry in directory_file()["floor"]]


def said(row: Any, field: str) -> str:
    """Return a text of a row that exists in both languages, such as a room's name."""
    return str(getattr(row, f"{field}_{current_language()}") or "")


def rough_time(moment: datetime) -> str:
    """Return how long ago something was, coarsely: exact times help to recognise people."""
    minutes = max(0, int((now() - moment).total_seconds() // 60))
    if minutes < 10:
        return _("just now")
    if minutes < 60:
        return _("less than an hour ago")
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", hours)
    days = hours // 24
    if days < 7:
        return ngettext("%(num)d day ago", "%(num)d days ago", days)
    return str(format_date(moment, "d MMMM yyyy"))


def clock_time(moment: datetime) -> str:
    """Return a moment that somebody waits for, as the reader's clock shows it."""
    return _in_reader_zone(moment, "d MMMM yyyy, HH:mm")


def day_time(moment: datetime) -> str:
    """Return a moment of the coming days with its weekday, as the reader's clock shows it."""
    return _in_reader_zone(moment, "EEEE, d MMMM, HH:mm")


def week_time(moment: datetime) -> str:
    """Return the weekday and time of what comes back each week, as the reader's clock shows it."""
    return _in_reader_zone(moment, "EEEE, HH:mm")


def clock_hours(hours: str) -> str:
    """Return daily hours such as "20:00-23:00" (WIB), as the reader's clock shows them too."""
    return in_both_zones(lambda zone: in_zone(hours, zone))


def in_both_zones(span: Callable[[Zone], tuple[str, str]]) -> str:
    """Return a span of hours in Jakarta, and behind it in the reader's zone where that is another.

    `span` gives start and end as a clock shows them in a zone.
    """
    here = reader_zone()
    jakarta, own = ("{}\N{EN DASH}{} {}".format(*span(zone), zone) for zone in (Zone.WIB, here))
    return jakarta if here is Zone.WIB else f"{jakarta} ({own})"


def day_name(number: int) -> str:
    """Return the name of a day of the week, 1 for Monday to 7."""
    return str(get_day_names("wide", locale=get_locale())[number - 1])


def _in_reader_zone(moment: datetime, pattern: str) -> str:
    zone = reader_zone()
    local = moment.astimezone(zone.tz)
    return f"{format_datetime(local, pattern, rebase=False)} {zone}"


def reader_zone() -> Zone:
    """Return the time zone that the reader has chosen; Jakarta's where nobody asks or signed in."""
    is_known = has_request_context() and current_user.is_authenticated
    return current_user.zone if is_known else Zone.WIB


def waiting_time(minutes: float) -> str:
    """Return a span such as "3 min" or "2 h 10 min", for staff."""
    whole = max(0, int(minutes))
    if whole < 60:
        return _("%(minutes)d min", minutes=whole)
    hours, rest = divmod(whole, 60)
    if hours < 48:
        if rest:
            return _("%(hours)d h %(minutes)d min", hours=hours, minutes=rest)
        return _("%(hours)d h", hours=hours)
    return ngettext("%(num)d day", "%(num)d days", hours // 24)


def warning_name(warning: ContentWarning) -> str:
    """Return what a content warning says: "Mentions suicide"."""
    return str(WARNING_NAMES[warning])


def covered_text() -> str:
    """Return what stands where words are covered."""
    return _("[detail hidden for safety]")


def say_marks(value: Any) -> Any:
    """Say in the reader's language where something is covered, and who has left.

    Templates need not remember it: this is done to everything they print.
    """
    if isinstance(value, str):
        if COVERED in value:
            value = value.replace(COVERED, covered_text())
        if LEFT in value:
            value = value.replace(LEFT, _("someone who left"))
    return value


def add_page_helpers(app: Flask) -> None:
    """Let every template of the app use the functions of this module."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.finalize = say_marks
    app.jinja_env.globals.update(
        static_url=static_url,
        help_floor=help_floor,
        is_fresh=is_fresh,
        staffed_hours=staffed_hours,
        said=said,
        rough_time=rough_time,
        clock_time=clock_time,
        day_time=day_time,
        week_time=week_time,
        day_name=day_name,
        clock_hours=clock_hours,
        reader_zone=reader_zone,
        waiting_time=waiting_time,
        warning_name=warning_name,
        current_language=current_language,
        covered_text=covered_text,
        covered_words=covered_words,
        marked_html=lambda post: Markup(marked_html(post)),  # noqa: S704 (safe HTML of forum.text)
    )


@cache
def _content_hash(name: str) -> str:
    path = Path(__file__).parent.parent / "static" / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
