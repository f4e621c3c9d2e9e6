"""Why an act could not be done, in words for the person who tried."""

from collections.abc import Callable

from flask_babel import gettext as _

from moderation.cases.operations import (
    ForItsOwner,
    ForLeads,
    HeldByOther,
    HoldTooLong,
    NotTrained,
    NotYours,
    OpinionFirst,
    OwnDecision,
    ReadAlready,
    Refusal,
    Undecided,
)

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
