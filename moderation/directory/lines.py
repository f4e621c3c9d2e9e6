"""Channels and sources of an entry as lines of text, one each, and back.

A channel is "phone | 119 | press", with " | en" behind it where it speaks one language alone. A
source is "Tribun | 2024-03"; one without a date of its own says "read 2026-11-22".
"""

import re
from typing import Any

from flask_babel import gettext as _

from forum.help.queries import directory_file

CHANNELS = ("phone", "sms", "whatsapp", "chat", "web", "email")
CONFIDENCES = ("verified", "press", "unverified")
NUMBERS = {"phone", "sms", "whatsapp"}
_NUMBER = re.compile(r"\+?[\d (). -]{2,24}( ext \d{1,5})?\Z")
_ADDRESS = re.compile(r"(https://)?[\w-]+(\.[\w-]+)+(/[^\s\"'<>]*)?\Z")
_EMAIL = re.compile(r"[^\s@<>\"']+@[\w-]+(\.[\w-]+)+\Z")
_DATE = re.compile(r"(read )?(\d{4}(?:-\d{2}){0,2})\Z")

Fact = dict[str, Any]


class BadLine(ValueError):
    """A line makes no sense. The message says which one, and what to write, for its writer."""


def read_channels(text: str) -> list[Fact]:
    """Return the channels that lines name. Raises BadLine."""
    return [_channel(line) for line in _lines(text)]


def read_sources(text: str) -> list[Fact]:
    """Return the sources that lines name, each with a date. Raises BadLine."""
    return [_source(line) for line in _lines(text)]


def write_channels(channels: list[Fact]) -> str:
    """Return channels as lines."""
    parts = ([c["type"], c["value"], c["confidence"], c.get("language")] for c in channels)
    return "\n".join(" | ".join(part for part in line if part) for line in parts)


def write_sources(sources: list[Fact]) -> str:
    """Return sources as lines."""
    return "\n".join(
        f"{source['publication']} | {source.get('date') or 'read ' + str(source.get('read'))}"
        for source in sources
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _channel(line: str) -> Fact:
    parts = [part.strip() for part in line.split("|")]
    if not 3 <= len(parts) <= 4:
        raise _no_channel(line)
    kind, value, confidence, language = (*parts, "")[:4]
    shape = _NUMBER if kind in NUMBERS else _EMAIL if kind == "email" else _ADDRESS
    known = kind in CHANNELS and confidence in CONFIDENCES and language in ("", "id", "en")
    if not known or not shape.match(value):
        raise _no_channel(line)
    if any(value == wrong["value"] for wrong in directory_file()["known_wrong"]):
        raise BadLine(_("“%(line)s” was found to be wrong before.", line=line))
    channel = {"type": kind, "value": value, "confidence": confidence}
    return channel | ({"language": language} if language else {})


def _no_channel(line: str) -> BadLine:
    return BadLine(_("“%(line)s” is not complete. Write: phone | 119 | press", line=line))


def _source(line: str) -> Fact:
    publication, _bar, when = (part.strip() for part in line.rpartition("|"))
    found = _DATE.match(when)
    if not publication or found is None:
        raise BadLine(
            _(
                "“%(line)s” needs a date. Write: Tribun | 2024-03, or: Tribun | read 2026-11-22",
                line=line,
            )
        )
    if found[1]:
        return {"publication": publication, "date": None, "read": found[2]}
    return {"publication": publication, "date": found[2]}
