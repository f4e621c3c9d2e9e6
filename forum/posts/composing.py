"""What happens between writing and sending: a draft that is kept, a look at the text."""

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.wrappers import Response

from forum.database import reading
from forum.drafts.models import Draft
from forum.drafts.operations import keep_draft
from forum.drafts.queries import draft_of
from forum.extensions import db
from forum.posts import personal
from forum.posts.forms import EditForm, NameForm, ReplyForm, ThreadForm
from forum.posts.masks import GAP
from forum.posts.models import Post, Thread, Wish
from forum.posts.outlook import Outlook
from forum.posts.personal import Found
from forum.posts.queries import get_post_for, name_for
from forum.rooms.models import ContentWarning, Room
from forum.text import TextTooLong, clean, clean_line, cover, render
from forum.web.pages import render_page
from forum.web.typed import NotSent

KEEP, ERASE = "draft", "nothing"
TOLD = {
    KEEP: _l("Your draft is kept. You find it under your account. Nothing was sent."),
    ERASE: _l("The draft is erased. Nothing was sent."),
}


def offer_names(form: NameForm, room_id: int, thread: Thread | None = None) -> str | None:
    """Return the name that the reader writes under here, or let the form ask for one."""
    name = name_for(current_user.member, room_id, thread)
    if name is None:
        form.offer(current_user.member)
    return name


def look_at(form: FlaskForm) -> Found:
    """Return what could lead to a person in what was typed; the rules are lent by moderation."""
    return personal.look(
        form.title.data if "title" in form else "",
        form.body.data,
        request.form.get("personal", ""),
        **current_app.extensions["personal_data"],
    )


def tell_of_cover(found: Found) -> None:
    """Say on the next page that something was covered which nobody was asked about."""
    if found.unasked:
        flash(
            _(
                "Your words went on at once. We covered what could lead to you, "
                "and kept no copy of it."
            )
        )


def look_ahead(form: ReplyForm | EditForm) -> Outlook:
    """Return what the rules see in a text that is about to be sent; once, and never in its way.

    Pressing the button again sends the text, changed or not.
    """
    if form.looked.data:
        return Outlook()
    body = clean(form.body.data or "")
    is_reply = "title" not in form
    text = body if is_reply else f"{clean_line(form.title.data or '')}{GAP}{body}"
    with reading(db.session):
        found: Outlook = current_app.extensions["look_ahead"](text, is_reply=is_reply)
    form.looked.data = "1"
    return found


def kept(form: ReplyForm, room: Room, thread: Thread | None = None) -> str | None:
    """Keep or erase a draft, if that is what the pressed button asks. Returns what to say of it.

    A text that is too long is not kept: the form then says by how much.
    """
    wanted = request.form.get("keep")
    if wanted not in (KEEP, ERASE):
        return None
    is_opening = isinstance(form, ThreadForm)
    try:
        draft = keep_draft(
            current_user.member,
            room,
            thread,
            title=(form.title.data or "") if is_opening and wanted == KEEP else "",
            body=(form.body.data or "") if wanted == KEEP else "",
            warning=form.warning.data or ContentWarning.NONE,
            wish=(form.wish.data or Wish.NONE) if is_opening else Wish.NONE,
            quoted=quoted_in(form, thread) if thread else None,
        )
    except TextTooLong:
        return None
    return str(TOLD[KEEP if draft else ERASE])


def keep_along(thread: Thread) -> None:
    """Keep what stands in the answer's box where another button of its page was pressed.

    Raises NotSent with a text too long for a draft: its writer gets it back, and nothing is done.
    """
    form = ReplyForm()
    if not (form.body.data or "").strip():
        return
    member, room = current_user.member, thread.room
    draft = draft_of(member, room, thread)
    warning = form.warning.data or ContentWarning.NONE
    try:
        body, quoted = clean(form.body.data), quoted_in(form, thread)
        now_there = (body, warning, quoted.public_id if quoted else "")
        if draft is not None and (draft.body, draft.warning, draft.quote) == now_there:
            return
        keep_draft(member, room, thread, title="", body=body, warning=warning, quoted=quoted)
    except TextTooLong:
        raise NotSent(
            409,
            _("That is more than we can take at once"),
            _("Nothing was changed. Your text stands below, to copy it and make it shorter."),
            url_for("posts.show_thread", thread_id=thread.public_id),
            _("Back to the thread"),
        ) from None
    flash(str(TOLD[KEEP]))


def fill(form: ReplyForm, draft: Draft | None) -> None:
    """Put a draft back into the form it was written in."""
    if draft is None:
        return
    form.body.data, form.warning.data, form.quote.data = draft.body, draft.warning, draft.quote
    if isinstance(form, ThreadForm):
        form.title.data, form.wish.data = draft.title, draft.wish


def say_kept(told: str, address: str) -> Response:
    """Save what became of a draft, and say so where the writer came from."""
    db.session.commit()
    flash(told)
    return redirect(address)


def show_preview(
    form: ReplyForm | EditForm,
    outlook: Outlook,
    found: Found,
    room: Room,
    thread: Thread | None = None,
) -> str:
    """Show a text to its writer once before it is sent, with what they may want to know."""
    html = render(cover(found.body, found.covered.body))
    return render_page(
        "posts/preview.html",
        form=form,
        room=room,
        outlook=outlook,
        personal=found,
        name=offer_names(form, room.id, thread) if isinstance(form, NameForm) else None,
        action=request.path,
        html=Markup(html),  # noqa: S704 (safe HTML of forum.text)
    )


def quoted_in(form: ReplyForm, thread: Thread) -> Post | None:
    """Return the post that an answer is about, if the reader may read it in this thread."""
    if not form.quote.data:
        return None
    post = get_post_for(current_user.member, form.quote.data)
    return post if post is not None and post.thread_id == thread.id else None
