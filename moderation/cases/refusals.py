"""Why an act could not be done, in words for the person who tried."""

from collections.abc import Callable

from flask_babel import gettext as _


class Refusal(Exception):
    """An act that can't be done now; nothing was changed."""


class CaseChanged(Refusal):
    """The case is not as this person saw it: someone acted, or something new came in."""


class HeldByOther(Refusal):
    """Someone else has or holds the case. `holder` is their pseudonym."""

    def __init__(self, holder: str) -> None:
        super().__init__("claimed by someone else")
        self.holder = holder


class NotYours(Refusal):
    """An act needs the case to be claimed by the person who acts."""


class HoldTooLong(Refusal):
    """A case of this level may not be held for so long. `most` is in minutes."""

    def __init__(self, most: int) -> None:
        super().__init__("held for too long")
        self.most = most


class NotTrained(Refusal):
    """Cases of this level are answered by moderators."""


class ReadAlready(Refusal):
    """The case waits for an opinion from somebody who does not know this person's."""


class ForLeads(Refusal):
    """Two opinions differ; a lead decides."""


class ForItsOwner(Refusal):
    """A follow-up that its owner may take before others."""


class OpinionFirst(Refusal):
    """The case is read blind: an opinion comes before any other act."""


class OwnDecision(Refusal):
    """The case questions what this person decided; someone else reads it."""


class Undecided(Refusal):
    """An appeal ends with a decision, not by closing its case."""


# Packages that act on cases add the words for their own refusals.
WORDS: dict[type[Refusal], Callable[[], str]] = {
    NotYours: lambda: _(
        "This case is not claimed by you, or the claim ran out. You can claim it again."
    ),
    NotTrained: lambda: _(
        "Cases of this level are answered by moderators. You can take a gentler one."
    ),
    ReadAlready: lambda: _(
        "You know what was thought of this case. Someone else reads it with fresh eyes now."
    ),
    ForLeads: lambda: _("Two people saw this case differently. A lead decides it."),
    ForItsOwner: lambda: _(
        "The volunteer who promised this contact comes first. Later anyone can take it."
    ),
    OpinionFirst: lambda: _(
        "This case wants a second opinion first. Nothing else was done with it."
    ),
    OwnDecision: lambda: _(
        "This appeal is about a decision of yours. To be fair, somebody else reads it. "
        "Nothing was changed."
    ),
    Undecided: lambda: _("An appeal ends with a decision. You find it on this page."),
}


def explain(refusal: Refusal) -> str:
    """Return what happened and what can be done now."""
    if isinstance(refusal, HeldByOther):
        return _(
            "%(name)s is already with this case. Nothing of yours was lost.", name=refusal.holder
        )
    if isinstance(refusal, HoldTooLong):
        return _(
            "A case of this level can be held for %(minutes)d minutes at most.",
            minutes=refusal.most,
        )
    words = WORDS.get(type(refusal))
    if words is not None:
        return words()
    return _("Something new came in or was decided meanwhile. Please look at the case again.")
