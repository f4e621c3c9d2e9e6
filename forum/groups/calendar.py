"""A calendar file of a group's sessions. Whoever sees it learns that somebody keeps an hour."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from forum.clock import now
from forum.groups.models import Meeting, Plan

MIMETYPE = "text/calendar"
# Neither the name of the file nor that of its maker says where it is from.
FILE_NAME = "jadwal.ics"
_HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//-//-//", "CALSCALE:GREGORIAN")
MAX_OCTETS = 75


def calendar_of(plans: Iterable[Plan], meetings: Iterable[Meeting], title: str) -> str:
    """Return the coming sessions as iCalendar (RFC 5545), each called `title` and nothing else.

    Times stand in UTC, which every calendar shows in its owner's zone; weekly sessions repeat
    every seven days, for no zone of Indonesia has summer time. Called-off dates are left out.
    """
    by_plan: dict[int, list[Meeting]] = {}
    for meeting in meetings:
        by_plan.setdefault(meeting.plan_id, []).append(meeting)
    lines = [*_HEAD]
    for plan in plans:
        dates = by_plan.get(plan.id, [])
        if not dates:
            continue
        lines += _event(plan, dates, title)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _fold(line))


def _event(plan: Plan, dates: list[Meeting], title: str) -> list[str]:
    first = dates[0].starts_at
    lines = [
        "BEGIN:VEVENT",
        # RFC 5545 wants a name for each event that no other has; random bits are enough.
        f"UID:{plan.public_id}",
        f"DTSTAMP:{_utc(now())}",
        f"DTSTART:{_utc(first)}",
        f"DTEND:{_utc(first + timedelta(minutes=plan.minutes))}",
        f"SUMMARY:{_escape(title)}",
        "CLASS:PRIVATE",
        "TRANSP:OPAQUE",
    ]
    if plan.is_weekly:
        lines.append("RRULE:FREQ=WEEKLY")
        lines += [f"EXDATE:{_utc(date.starts_at)}" for date in dates if date.called_off_at]
    elif dates[0].called_off_at:
        lines.append("STATUS:CANCELLED")
    return [*lines, "END:VEVENT"]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _fold(line: str) -> list[str]:
    """Cut a line where it is longer than the format allows, never inside a character."""
    parts, part = [], ""
    for char in line:
        if len((part + char).encode()) > MAX_OCTETS:
            parts.append(part)
            part = " "
        part += char
    return [*parts, part]
