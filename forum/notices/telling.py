"""How each kind of notice is told. The package that writes a kind lends its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from forum.notices.models import Notice, NoticeKind


@dataclass(frozen=True)
class Telling:
    """The words of one kind: a template, and what fills it for a notice.

    The template finds what `load` returned as `told`, beside `notice`.
    """

    template: str
    load: Callable[[Notice], Any] = lambda _: None


def add_tellings(app: Flask, tellings: Mapping[NoticeKind, Telling]) -> None:
    """Let notices of these kinds be told."""
    app.extensions.setdefault("notice_tellings", {}).update(tellings)


def telling_of(notice: Notice) -> Telling:
    """Return how a notice is told. Raises KeyError for a kind that nobody lent words for."""
    found: Telling = current_app.extensions["notice_tellings"][notice.kind]
    return found
