"""Reads of the help directory: what may be shown, in which order, and what fits a question."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import select

from forum.clock import now
from forum.extensions import db, setting
from forum.help.hours import is_now
from forum.help.models import Display, HelpEntry, HelpSilence
from forum.help.regions import ABROAD

# How one reaches an entry, as a member picks it; "visit" is for those that one goes to.
WAYS = {
    "phone": {"phone"},
    "chat": {"whatsapp", "chat"},
    "sms": {"sms"},
    "web": {"web", "email"},
}
VISIT = "visit"


@dataclass(frozen=True)
class Wanted:
    """What a member asks the directory for; an empty part asks for nothing."""

    region: str = ""
    need: str = ""
    language: str = ""
    way: str = ""
    open_now: bool = False


@dataclass(frozen=True)
class Shown:
    """An entry as it stands today, with what moves it up or down."""

    entry: HelpEntry
    is_fresh: bool
    is_silent: bool

    @property
    def order(self) -> tuple[bool, bool, int]:
        """The smaller, the higher: silent ones last, then those that nobody has checked lately."""
        return (self.is_silent, not self.is_fresh, self.entry.position)


def has_source(entry: HelpEntry) -> bool:
    """Return whether somebody can be asked where the entry is from, and since when we know it."""
    dated = any(source.get("date") or source.get("read") for source in entry.sources)
    return bool(entry.sources) and (dated or entry.verified_on is not None)


def is_fresh(entry: HelpEntry) -> bool:
    """Return whether a person of this site has reached the entry within the days that count."""
    on_card = entry.display is Display.CRISIS_CARD
    days = setting("HELP_CRISIS_DAYS" if on_card else "HELP_DAYS")
    return entry.verified_on is not None and entry.verified_on >= _today() - timedelta(days=days)


def is_open_now(entry: HelpEntry) -> bool:
    """Return whether the entry is known to be open at this moment."""
    return bool(entry.always_open) or bool(entry.daily_hours and is_now(entry.daily_hours))


def serves(entry: HelpEntry, region: str) -> bool:
    """Return whether an entry is of use in a place; no place asks for what helps anywhere."""
    if not region:
        return entry.display is not Display.REGIONAL
    return region in entry.regions if entry.regions else region not in ABROAD


def fits(entry: HelpEntry, wanted: Wanted) -> bool:
    """Return whether an entry is what a member asks for."""
    kinds = {channel["type"] for channel in entry.channels}
    ways = not kinds if wanted.way == VISIT else kinds & WAYS.get(wanted.way, kinds)
    return (
        serves(entry, wanted.region)
        and (not wanted.need or wanted.need in entry.topics)
        and (not wanted.language or wanted.language in entry.languages)
        and (not wanted.way or bool(ways))
        and (not wanted.open_now or is_open_now(entry))
    )


def directory() -> list[Shown]:
    """Return everything that a member may see somewhere, best first. Two statements."""
    silent = silent_entries()
    entries = db.session.scalars(select(HelpEntry).where(HelpEntry.display != Display.HOLD))
    shown = [
        Shown(entry, is_fresh(entry), entry.id in silent) for entry in entries if has_source(entry)
    ]
    return sorted(shown, key=lambda one: one.order)


def matching(shown: list[Shown], wanted: Wanted) -> list[Shown]:
    """Return what of it a member asks for, in the same order."""
    return [one for one in shown if fits(one.entry, wanted)]


def next_after(slug: str, shown: list[Shown], tried: list[str]) -> HelpEntry | None:
    """Return whom somebody may try who got no answer there: not tried yet, open if we know one.

    The floor stands above it whatever this returns.
    """
    left = [
        one
        for one in shown
        if one.entry.channels
        and not one.entry.never_crisis
        and one.entry.slug not in (slug, *tried)
    ]
    near = [one for one in left if one.entry.display is Display.CRISIS_CARD] or left
    best = sorted(near, key=lambda one: (one.is_silent, not is_open_now(one.entry), one.order))
    return best[0].entry if best else None


def silent_entries() -> set[int]:
    """Return the entries at which too many got no answer; a day halves what was counted."""
    today = _today()
    score: dict[int, float] = {}
    for row in db.session.scalars(select(HelpSilence)):
        score[row.entry_id] = score.get(row.entry_id, 0) + row.times / 2 ** (today - row.day).days
    return {entry_id for entry_id, number in score.items() if number >= setting("HELP_SILENT")}


def crisis_entries() -> list[HelpEntry]:
    """Return the entries that may stand on a crisis card today, silent ones last.

    Only what a person of this site has checked lately; the static floor stands on every card
    whether or not there are any.
    """
    since = _today() - timedelta(days=setting("HELP_CRISIS_DAYS"))
    entries = list(
        db.session.scalars(
            select(HelpEntry)
            .where(
                HelpEntry.display == Display.CRISIS_CARD,
                HelpEntry.verified_on >= since,
                HelpEntry.never_crisis.is_(False),
            )
            .order_by(HelpEntry.position)
        )
    )
    # With fewer there is nothing to move.
    silent = silent_entries() if len(entries) > 1 else set()
    return sorted(filter(has_source, entries), key=lambda entry: entry.id in silent)[:4]


def pinnable_entries() -> list[HelpEntry]:
    """Return the entries that a moderator may pin into a thread: services, not communities."""
    shown = db.session.scalars(
        select(HelpEntry)
        .where(HelpEntry.display.not_in((Display.HOLD, Display.REGIONAL)))
        .order_by(HelpEntry.position, HelpEntry.id)
    )
    return [entry for entry in shown if has_source(entry) and not entry.never_crisis]


def find_entry(slug: str) -> HelpEntry | None:
    """Return the entry with this slug, unless it is held back."""
    return db.session.scalar(
        select(HelpEntry).where(HelpEntry.slug == slug, HelpEntry.display != Display.HOLD)
    )


@cache
def directory_file() -> dict[str, Any]:
    """Return directory.yaml: `floor`, `entries`, `known_wrong`, `checks_before_launch`."""
    text = files("forum.help").joinpath("directory.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _today() -> date:
    return now().date()
