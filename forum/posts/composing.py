"""What happens between writing and sending: a draft that is kept, a look at the text."""

from flask import current_app, request
from flask_login import current_user

from forum.database import reading
from forum.drafts.models import Draft
from forum.drafts.operations import keep_draft
from forum.extensions import db
from forum.posts.forms import ReplyForm, ThreadForm
from forum.posts.masks import GAP
from forum.posts.models import Thread, Wish
from forum.posts.outlook import Outlook
from forum.rooms.models import ContentWarning, Room
from forum.text import TextTooLong, clean, clean_line

KEEP, ERASE = "draft", "nothing"


def look_ahead(form: ReplyForm) -> Outlook:
    """Return what the rules see in a text that is about to be sent; once, and never in its way.

    Pressing the button again sends the text, changed or not.
    """
    if form.looked.data:
        return Outlook()
    body = clean(form.body.data or "")
    is_reply = not isinstance(form, ThreadForm)
    text = body if is_reply else f"{clean_line(form.title.data or '')}{GAP}{body}"
    with reading(db.session):
        found: Outlook = current_app.extensions["look_ahead"](text, is_reply=is_reply)
    form.looked.data = "1"
    return found


def kept(form: ReplyForm, room: Room, thread: Thread | None = None) -> bool:
    """Keep or erase a draft, if that is what the pressed button asks. Returns whether it did.

    A text that is too long is not kept: the form then says by how much.
    """
    wanted = request.form.get("keep")
    if wanted not in (KEEP, ERASE):
        return False
    is_opening = isinstance(form, ThreadForm)
    try:
        keep_draft(
            current_user.member,
            room,
            thread,
            title=(form.title.data or "") if is_opening and wanted == KEEP else "",
            body=(form.body.data or "") if wanted == KEEP else "",
            warning=form.warning.data or ContentWarning.NONE,
            wish=(form.wish.data or Wish.NONE) if is_opening else Wish.NONE,
        )
    except TextTooLong:
        return False
    return True


def fill(form: ReplyForm, draft: Draft | None) -> None:
    """Put a draft back into the form it was written in."""
    if draft is None:
        return
    form.body.data, form.warning.data = draft.body, draft.warning
    if isinstance(form, ThreadForm):
        form.title.data, form.wish.data = draft.title, draft.wish
