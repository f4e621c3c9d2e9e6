"""The parts of a case's page. Each package that acts on cases adds its own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from flask import Flask, current_app

from forum.accounts.models import Member
from forum.help.models import HelpEntry
from forum.help.queries import pinnable_entries
from forum.posts.models import Post
from moderation.cases.brought import Brought
from moderation.cases.eligibility import is_blind_to, is_recused
from moderation.cases.forms import CaseForm
from moderation.cases.models import Case, CaseState, Decision, Flag, Lane
from moderation.cases.refusals import Refusal

Form = TypeVar("Form", bound=CaseForm)


class Place(StrEnum):
    """Where on the page a part stands."""

    # Under "Why it is here", for whoever may read the case.
    WHY = "why"
    # Beside the posts.
    READ = "read"
    # Under each post. The template finds the post as `post`.
    POST = "post"
    # In the column of the one who holds the case.
    DECIDE = "decide"
    # In the same column while nobody, or someone else, holds it, or it is closed.
    STATE = "state"


@dataclass(frozen=True)
class CaseView:
    """A case as one member of staff sees it now, with the form they sent, if it was refused."""

    case: Case
    staff: Member
    # What brought it, and then what brought the cases that were joined to it.
    brought: Sequence[Brought]
    posts: Sequence[Post]
    decisions: Sequence[Decision]
    is_mine: bool
    is_waiting: bool
    # What keeps them from taking it while it waits.
    refusal: Refusal | None
    sent: CaseForm | None = None

    @cached_property
    def flags(self) -> list[Flag]:
        """The flags of the case and of those that were joined to it."""
        return [flag for found in self.brought for flag in found.flags]

    @cached_property
    def footnotes(self) -> dict[str, tuple[int, int]]:
        """For each rule under "Why it is here": its number, and the first flag of its line.

        Who reads blind sees no lines of cases that were joined.
        """
        first: dict[str, int] = {}
        for found in self.brought[:1] if self.is_blind else self.brought:
            for flag in found.flags:
                first.setdefault(flag.rule, flag.id)
        return {rule: (number, flag) for number, (rule, flag) in enumerate(first.items(), 1)}

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is to be decided."""
        return self.case.state is CaseState.CLOSED

    @property
    def is_blind(self) -> bool:
        """Whether they see nothing of what was thought and done before."""
        return is_blind_to(self.staff, self.case)

    @property
    def is_appeal(self) -> bool:
        """Whether a member asks for another look; then only that is decided here."""
        return self.case.lane is Lane.APPEAL

    @property
    def is_recused(self) -> bool:
        """Whether the case questions what this person did."""
        return is_recused(self.staff, self.case)

    @property
    def is_heavy(self) -> bool:
        """Whether the text stays folded until someone has chosen to take the case."""
        return self.case.risk_level.word in ("red", "crisis") and not self.is_mine

    @cached_property
    def services(self) -> list[HelpEntry]:
        """The entries of help that can be pinned or named to a member, asked for once a page."""
        return pinnable_entries()

    def form(self, kind: type[Form]) -> Form:
        """Return a form of this kind on the version that is shown: the sent one, or an empty."""
        form = self.sent if type(self.sent) is kind else kind(formdata=None)
        form.version.data = self.case.version
        return form


@dataclass(frozen=True)
class Panel:
    """A part of the page: its template and what fills it; None leaves it out.

    The template finds what `fill` returned as `panel`, beside everything of the page. `order`
    goes from top to bottom within a place. `focus` returns ids of posts that the part is about:
    they stand on the page.
    """

    template: str
    place: Place
    order: int
    fill: Callable[[CaseView], dict[str, Any] | None]
    focus: Callable[[Case], Iterable[int]] | None = None
    # Whether it may stand on the page of someone who reads blind: it tells of nobody's opinion.
    when_blind: bool = False


@dataclass(frozen=True)
class FilledPanel:
    """A part that the page shows."""

    template: str
    place: Place
    values: dict[str, Any]


def add_panels(app: Flask, panels: Iterable[Panel]) -> None:
    """Let cases show these parts."""
    known = app.extensions.setdefault("case_panels", [])
    known.extend(panels)
    known.sort(key=lambda panel: panel.order)


def posts_in_focus(case: Case) -> set[int]:
    """Return ids of the posts that the parts of this case's page are about."""
    panels = current_app.extensions["case_panels"]
    return {post_id for panel in panels if panel.focus for post_id in panel.focus(case)}


def fill_panels(view: CaseView) -> dict[str, list[FilledPanel]]:
    """Return the parts that this case shows to this person, by place."""
    filled: dict[str, list[FilledPanel]] = {place.value: [] for place in Place}
    for panel in current_app.extensions["case_panels"]:
        if panel.place is Place.DECIDE and not view.is_mine:
            continue
        if panel.place is Place.STATE and view.is_mine:
            continue
        if view.is_blind and not panel.when_blind:
            continue
        values = panel.fill(view)
        if values is not None:
            filled[panel.place.value].append(FilledPanel(panel.template, panel.place, values))
    return filled
