"""Acts on the posts of a case, undoing, and reading what is covered."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.posts.masks import whole_text
from forum.posts.models import Post
from forum.posts.queries import get_post_at_desk
from forum.text import clean, join_spans
from forum.web.pages import render_page
from moderation.audit.readings import note_covered_words
from moderation.cases import queries
from moderation.cases.forms import CaseForm
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.refusals import WORDS
from moderation.measures import operations
from moderation.measures.forms import (
    HideForm,
    MaskForm,
    PostMeasureForm,
    RestoreForm,
    UnmaskForm,
    WarningForm,
)
from moderation.measures.held import StillHeld
from moderation.measures.undoing import TooLate, offers_to, undo
from moderation.measures.wordings import ready_sentences

measures = Blueprint("measures", __name__)
measures.before_request(only_for(STAFF))

WORDS[operations.WordsNotThere] = lambda: _(
    "These words do not stand in the post as it is now. Please look at it again."
)
WORDS[operations.NothingToDo] = lambda: _("It is already so. Nothing was changed.")
WORDS[StillHeld] = lambda: _(
    "A post here is still held. Please choose first whether it is shown or stays hidden."
)
WORDS[TooLate] = lambda: _(
    "The time for undoing is over. You can still do the opposite, with a reason."
)


@measures.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let the pages of the desk offer to undo the last act."""
    return {"undo_offers": offers_to}


@measures.post("/meja/kasus/<case_id>/sembunyikan")
def hide(case_id: str) -> Page:
    """Show a post to its author and the staff alone."""
    done = _("The post is hidden. Its author still sees it.")
    return _treat_post(case_id, HideForm(), operations.hide, done)


@measures.post("/meja/kasus/<case_id>/tahan-tulisan")
def hold(case_id: str) -> Page:
    """Keep a post from members until someone has decided."""
    done = _("The post is held until someone decides. Its author still sees it.")
    return _treat_post(case_id, HideForm(), operations.hold, done)


@measures.post("/meja/kasus/<case_id>/tampilkan")
def restore(case_id: str) -> Page:
    """Show a held or hidden post to everyone."""
    done = _("Everyone in the room can read the post.")
    return _treat_post(case_id, RestoreForm(), operations.restore, done)


@measures.post("/meja/kasus/<case_id>/tutupi")
def mask(case_id: str) -> Page:
    """Cover words of a post."""
    form = MaskForm()
    return _treat_post(
        case_id,
        form,
        operations.mask,
        _("The words are covered. The rest of the post stays."),
        lambda: {
            "post_version": form.post_version.data,
            "places": form.places.data,
            "words": clean(form.exact.data or ""),
            "in_quotes": form.in_quotes.data,
        },
    )


@measures.post("/meja/kasus/<case_id>/buka-lagi")
def unmask(case_id: str) -> Page:
    """Show covered words of a post again."""
    form = UnmaskForm()
    done = _("The words can be read again.")
    return _treat_post(case_id, form, operations.unmask, done, lambda: {"places": form.places.data})


@measures.post("/meja/kasus/<case_id>/peringatan")
def warn_readers(case_id: str) -> Page:
    """Fold a post behind a content warning."""
    form = WarningForm()
    return _treat_post(
        case_id,
        form,
        operations.warn_readers,
        _("The content warning is set."),
        lambda: {"warning": form.warning.data},
    )


@measures.post("/meja/kasus/<case_id>/urungkan")
def undo_last(case_id: str) -> Page:
    """Take the last act on a case back."""
    return carry_out(
        case_id,
        CaseForm(),
        lambda case, seen: undo(current_user.member, case, seen),
        _("Undone. Everything is as before, and the member was told nothing."),
    )


@measures.get("/meja/tulisan/<post_id>/tertutup")
def covered(post_id: str) -> str:
    """Show the covered words of a post to staff who ask for them, and note that they did."""
    post = get_post_at_desk(post_id) or abort(404)
    page = render_page("measures/covered.html", post=post, pieces=_pieces(post))
    if post.masks and post.author_id != current_user.id:
        note_covered_words(current_user.member, post)
    return page


def _treat_post(
    case_id: str,
    form: PostMeasureForm,
    operation: Callable[..., None],
    done: str,
    more: Callable[[], dict[str, Any]] = dict,
) -> Page:
    """Carry out a measure on the post that the form names."""

    def act(case: Case, seen: int) -> None:
        post: Post = queries.find_post_of(case, form.post_id.data) or abort(404)
        why = form.why(post.author.language)
        operation(current_user.member, case, seen, post, why, **more())

    return carry_out(case_id, form, act, done)


def _pieces(post: Post) -> list[tuple[str, bool]]:
    """Return the whole text cut where something is covered."""
    text, at, pieces = whole_text(post), 0, []
    for start, end in join_spans((mask["start"], mask["end"]) for mask in post.masks):
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [*pieces, (text[at:], False)]


FORMS = {
    "hide": HideForm,
    "restore": RestoreForm,
    "mask": MaskForm,
    "unmask": UnmaskForm,
    "warning": WarningForm,
}


def _fill(view: CaseView) -> dict[str, Any] | None:
    """Return empty forms for every post, and the one that was sent, if it was refused."""
    if not view.is_mine or view.is_appeal:
        return None
    return {
        "forms": {name: kind(formdata=None) for name, kind in FORMS.items()},
        "sent": view.sent if isinstance(view.sent, PostMeasureForm) else None,
        "places": _marked_places(view),
    }


def _marked_places(view: CaseView) -> dict[int, list[tuple[str, str]]]:
    """Return what the rules have marked in each post and is not covered yet: place and words."""
    found: dict[int, list[tuple[str, str]]] = {}
    for post in view.posts:
        text = whole_text(post)
        spans = {
            (span["start"], span["end"])
            for flag in view.flags
            if flag.post_id == post.id and flag.post_version == post.version
            for span in flag.spans
        }
        found[post.id] = [
            (f"{start}-{end}", text[start:end])
            for start, end in sorted(spans)
            if not any(mask["start"] <= start and end <= mask["end"] for mask in post.masks)
        ]
    return found


def _fill_ready(view: CaseView) -> dict[str, Any] | None:
    return {"sentences": ready_sentences()} if view.is_mine else None


PANELS = (
    Panel("measures/post.html", Place.POST, 10, _fill),
    Panel("measures/ready.html", Place.READ, 90, _fill_ready),
)
