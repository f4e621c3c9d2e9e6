"""Pages of threads and posts."""

from datetime import timedelta

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from forum.accounts.aliases import AliasChosen, TooAlike
from forum.accounts.operations import NameTaken, is_new
from forum.blocks.queries import muted_by
from forum.clock import now
from forum.extensions import db, limiter
from forum.groups.entry import find_room_for
from forum.posts import operations
from forum.posts.forms import (
    DeleteForm,
    EditForm,
    EditThreadForm,
    NameForm,
    ReplyForm,
    ThreadForm,
)
from forum.posts.models import Post, Thread
from forum.posts.personal import Found, look
from forum.posts.queries import (
    Page,
    get_own_post,
    get_post_for,
    get_thread_for,
    name_for,
    page_of,
    posts_of,
    wait_for_scan,
)
from forum.rooms.models import ContentWarning
from forum.web.errors import typed_text
from forum.web.pages import page_number, render_page

posts = Blueprint("posts", __name__)

FRESH = timedelta(seconds=5)
SCAN_WAIT_SECONDS = 0.4
POSTING_LIMIT = "10 per minute; 100 per hour"
# Enough for somebody who needs to be heard, too little for a machine.
NEW_POSTING_LIMIT = "4 per minute; 20 per hour"
NAME_REFUSALS = (AliasChosen, NameTaken, TooAlike)


def posting_limit() -> str:
    """Return how much the one who asks may post; a new account less."""
    is_new_account = current_user.is_authenticated and is_new(current_user.member)
    return NEW_POSTING_LIMIT if is_new_account else POSTING_LIMIT


@posts.route("/ruang/<slug>/tulis", methods=["GET", "POST"])
@login_required
@limiter.limit(posting_limit, methods=["POST"])
def new_thread(slug: str) -> str | Response:
    """Write a new thread."""
    room = find_room_for(current_user.member, slug) or abort(404)
    operations.check_pause(current_user.member)
    form = ThreadForm()
    if request.method == "GET":
        form.warning.data = room.content_warning
    found = look_at(form) if form.validate_on_submit() else None
    if found and not found.must_ask:
        try:
            post = operations.start_thread(
                current_user.member,
                room,
                title=form.title.data,
                body=form.body.data,
                warning=form.warning.data,
                submission_key=form.submission_key.data,
                covered=found.covered,
                name=form.name,
            )
        except NAME_REFUSALS as refusal:
            db.session.rollback()
            room = find_room_for(current_user.member, slug) or abort(404)
            form.refuse(refusal)
        else:
            db.session.commit()
            tell_of_cover(found)
            return redirect(url_for("posts.show_thread", thread_id=post.thread.public_id))
    name = _offer_names(form, room.id)
    return render_page("posts/new_thread.html", room=room, form=form, name=name, personal=found)


@posts.get("/utas/<thread_id>")
def show_thread(thread_id: str) -> str:
    """Show a thread."""
    thread = get_thread_for(current_user.member, thread_id) or abort(404)
    number = page_number()
    page = posts_of(thread, current_user.member, number)
    fresh = [post for post in page.items if _is_own_and_fresh(post)]
    if fresh:
        # The card that a scan leaves must be on the page that the writer sees next.
        wait_for_scan(fresh[-1], SCAN_WAIT_SECONDS)
        page = posts_of(thread, current_user.member, number)
    return _thread_page(thread, page, ReplyForm())


@posts.post("/utas/<thread_id>/balas")
@login_required
@limiter.limit(posting_limit)
def reply(thread_id: str) -> str | tuple[str, int] | Response:
    """Answer in a thread."""
    thread = get_thread_for(current_user.member, thread_id) or abort(404)
    form = ReplyForm()
    if not form.validate_on_submit():
        return _thread_page(thread, posts_of(thread, current_user.member), form)
    found = look_at(form)
    if found.must_ask:
        return _thread_page(thread, posts_of(thread, current_user.member), form, found)
    try:
        post = operations.reply(
            current_user.member,
            thread,
            body=form.body.data,
            warning=form.warning.data or ContentWarning.NONE,
            submission_key=form.submission_key.data,
            covered=found.covered,
            name=form.name,
        )
    except (operations.ThreadLocked, operations.TooSoon, *NAME_REFUSALS) as refusal:
        if isinstance(refusal, NAME_REFUSALS):
            form.refuse(refusal)
        else:
            form.body.errors = [_explain(refusal)]
        db.session.rollback()
        thread = get_thread_for(current_user.member, thread_id) or abort(404)
        return _thread_page(thread, posts_of(thread, current_user.member), form), 409
    db.session.commit()
    tell_of_cover(found)
    return redirect(_address_of(post))


@posts.get("/tulisan/<post_id>")
def show_post(post_id: str) -> Response:
    """Lead to a post's place in its thread."""
    post = get_post_for(current_user.member, post_id) or abort(404)
    return redirect(_address_of(post))


@posts.route("/tulisan/<post_id>/ubah", methods=["GET", "POST"])
@login_required
@limiter.limit(posting_limit, methods=["POST"])
def edit(post_id: str) -> str | Response:
    """Change one's own post."""
    post = get_own_post(current_user.member, post_id) or abort(404)
    operations.check_pause(current_user.member)
    form = EditThreadForm() if post.is_opening else EditForm()
    if request.method == "GET":
        form.body.data = post.body
        form.warning.data = post.warning
        if post.is_opening:
            form.title.data = post.thread.title
    found = None
    if form.validate_on_submit():
        found = look_at(form)
        if not found.must_ask:
            operations.edit(
                current_user.member,
                post,
                body=form.body.data,
                warning=form.warning.data,
                title=form.title.data if post.is_opening else None,
                covered=found.covered,
            )
            db.session.commit()
            flash(_("Your text is changed."))
            tell_of_cover(found)
            return redirect(_address_of(post))
    return render_page("posts/edit.html", post=post, form=form, personal=found)


@posts.route("/tulisan/<post_id>/hapus", methods=["GET", "POST"])
@login_required
def delete(post_id: str) -> str | Response:
    """Take one's own post back, after a question."""
    post = get_own_post(current_user.member, post_id) or abort(404)
    form = DeleteForm()
    if form.validate_on_submit():
        operations.delete(current_user.member, post)
        db.session.commit()
        flash(_("Your text is erased."))
        return redirect(url_for("posts.show_thread", thread_id=post.thread.public_id))
    return render_page("posts/delete.html", post=post, form=form)


def _explain(refusal: operations.ThreadLocked | operations.TooSoon) -> str:
    if isinstance(refusal, operations.ThreadLocked):
        return _("For now, volunteers alone answer in this thread. Your text is kept below.")
    return ngettext(
        "This thread goes slowly for a while. You can send this in %(num)d minute.",
        "This thread goes slowly for a while. You can send this in %(num)d minutes.",
        refusal.minutes,
    )


@posts.errorhandler(operations.Paused)
def show_pause(pause: operations.Paused) -> tuple[str, int]:
    """Say until when someone may not post, what they can do, and give back what they typed."""
    db.session.rollback()
    return render_page("posts/paused.html", until=pause.until, typed=typed_text()), 403


def look_at(form: FlaskForm) -> Found:
    """Return what could lead to a person in what was typed; the rules are lent by moderation."""
    return look(
        form.title.data if "title" in form else "",
        form.body.data,
        request.form.get("personal", ""),
        **current_app.extensions["personal_data"],
    )


def tell_of_cover(found: Found) -> None:
    """Say that something was covered which the writer was not asked about."""
    if found.unasked:
        flash(
            _(
                "Your words went on at once. We covered what could lead to you, "
                "and kept no copy of it."
            )
        )


def _thread_page(thread: Thread, page: Page, form: ReplyForm, found: Found | None = None) -> str:
    name = _offer_names(form, thread.room_id, thread)
    made = render_page(
        "posts/thread.html",
        thread=thread,
        page=page,
        form=form,
        name=name,
        muted=muted_by(current_user.member),
        personal=found,
    )
    current_app.extensions["note_readings"](current_user.member, page.items)
    return made


def _offer_names(form: NameForm, room_id: int, thread: Thread | None = None) -> str | None:
    """Return the name that the reader writes under here, or let the form ask for one."""
    if not current_user.is_authenticated:
        return None
    name = name_for(current_user.member, room_id, thread)
    if name is None:
        form.offer(current_user.member)
    return name


def _is_own_and_fresh(post: Post) -> bool:
    own = current_user.is_authenticated and post.author_id == current_user.id
    return own and not post.is_scanned and now() - post.written_at < FRESH


def _address_of(post: Post) -> str:
    return url_for(
        "posts.show_thread",
        thread_id=post.thread.public_id,
        page=page_of(post),
        _anchor=f"p-{post.public_id}",
    )
