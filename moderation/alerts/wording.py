"""What an alert says: counts, levels and a link. Never a text, a pseudonym, a room or a title."""

from dataclasses import dataclass

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from forum.clock import now
from forum.extensions import setting
from forum.targets import Rung
from moderation.alerts.models import Kind
from moderation.alerts.queries import Summary, summary_for
from moderation.risk.levels import Level
from moderation.volunteers.duty import on_duty

# Part of each message, so it needs no request; tests/moderation/test_alerts.py asks the app for it.
PAGE = "/meja/siaga"


@dataclass(frozen=True)
class Message:
    """What is sent. `urgent` where a crisis waits."""

    title: str
    body: str
    urgent: bool


def write_message(rung: int, number: int, *, is_test: bool = False) -> Message:
    """Return the message for a rung as things stand now, in the language of alerts.

    `number` is the delivery's: the same number twice is the same message sent again.
    """
    with force_locale(setting("ALERT_LANGUAGE")):
        link = setting("SITE_URL") + PAGE
        mark = _("Message %(number)d", number=number)
        if is_test:
            line = _("This is a test. Nobody waits because of it.")
            return Message(_("Teduh: a test"), f"{line}\n{link}\n{mark}", urgent=False)
        summary = summary_for(rung)
        lines = [*_lines(summary), rung_name(Rung(rung)), link, mark]
        return Message(_title(summary), "\n".join(lines), urgent=summary.worst >= Level.CRISIS)


def rung_name(rung: Rung) -> str:
    """Return whom a rung tells, in the language of the moment."""
    return {
        Rung.DESK: _("To the desk"),
        Rung.ON_DUTY: _("To moderators on duty"),
        Rung.ON_CALL: _("To everyone on call"),
        Rung.LEADS: _("To the leads"),
        Rung.ADMINS: _("To the admins"),
    }[rung]


def kind_name(kind: Kind) -> str:
    """Return what an alert is about, in the language of the moment."""
    return {
        Kind.CASE: _("nobody has taken this case"),
        Kind.AMBER_OLD: _("an amber case has waited long"),
        Kind.CLAIM_LOST: _("a claim ran out"),
        Kind.NOBODY_ON_DUTY: _("nobody is on duty while a case waits"),
        Kind.UNSCANNED: _("a post waits for the rules"),
        Kind.DEAD_JOB: _("a job was given up"),
        Kind.LEAD_CALL: _("a case asks for a lead now"),
        Kind.SILENT: _("worker or beat is silent"),
    }[kind]


def _title(summary: Summary) -> str:
    crisis, red = summary.cases(Level.CRISIS), summary.cases(Level.RED)
    parts = []
    if crisis:
        parts.append(_("%(number)d crisis", number=crisis))
    if red:
        parts.append(_("%(number)d red", number=red))
    if alarms := summary.alarms():
        parts.append(ngettext("%(num)d alarm", "%(num)d alarms", alarms))
    return "Teduh: " + ", ".join(parts or [_("all seen")])


def _lines(summary: Summary) -> list[str]:
    lines = []
    for level, name in ((Level.CRISIS, _("Crisis")), (Level.RED, _("Red"))):
        if number := summary.cases(level):
            lines.append(_("%(level)s, not taken: %(number)d", level=name, number=number))
    if summary.oldest is not None:
        minutes = int((now() - summary.oldest).total_seconds() // 60)
        lines.append(_("Longest wait: %(minutes)d min", minutes=minutes))
    for kind, number in sorted(summary.others().items()):
        lines.append(f"{kind_name(kind)}: {number}")
    lines.append(_("On duty now: %(number)d", number=on_duty()))
    return lines
