"""Pages of threads and posts."""

from datetime import timedelta

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.accounts.aliases import AliasChosen, TooAlike
from forum.accounts.models import Member
from forum.accounts.operations import NameTaken, is_new
from forum.blocks.queries import muted_by
from forum.clock import now
from forum.drafts.models import Draft
from forum.drafts.queries import draft_of
from forum.extensions import db, limiter
from forum.follows.queries import follow_of
from forum.follows.views import note_reading
from forum.groups.entry import find_room_for
from forum.groups.queries import before_which, meeting_of
from forum.posts import operations
from forum.posts.composing import (
    fill,
    kept,
    look_ahead,
    look_at,
    offer_names,
    quoted_in,
    say_kept,
    show_preview,
    tell_of_cover,
)
from forum.posts.faces import Quote, quote_of, show
from forum.posts.forms import (
    DeleteForm,
    EditForm,
    EditThreadForm,
    ReplyForm,
    ThreadForm,
)
from forum.posts.models import Post, Thread
from forum.posts.personal import Found
from forum.posts.queries import (
    Page,
    get_own_post,
    get_post_for,
    get_thread_for,
    newest_in,
    page_of,
    posts_of,
    quoted_by,
    wait_for_scan,
)
from forum.reactions.queries import signs_on
from forum.rooms.models import ContentWarning
from forum.rooms.operations import AgreementAsked
from forum.web.kept import kept_for_visitors
from forum.web.pages import page_number, render_page
from forum.web.typed import lead, typed_text

posts = Blueprint("posts", __name__)
posts.add_app_template_global(show, "show_post")

FRESH = timedelta(seconds=5)
SCAN_WAIT_SECONDS = 0.4
POSTING_LIMIT = "10 per minute; 100 per hour"
# Enough for somebody who needs to be heard, too little for a machine.
NEW_POSTING_LIMIT = "4 per minute; 20 per hour"
NAME_REFUSALS = (AliasChosen, NameTaken, TooAlike)
WAITS = (operations.ThreadLocked, operations.RoomRests, operations.TooSoon, AgreementAsked)


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
    draft = draft_of(current_user.member, room) if request.method == "GET" else None
    if request.method == "GET":
        form.warning.data = room.content_warning
        fill(form, draft)
    elif told := kept(form, room):
        return say_kept(told, url_for("rooms.show", slug=slug))
    found = look_at(form) if form.validate_on_submit() else None
    if found and not found.must_ask:
        if outlook := look_ahead(form):
            return show_preview(form, outlook, found, room)
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
                wish=form.wish.data,
                agreed=form.agreed.data,
            )
        except (*WAITS, *NAME_REFUSALS) as refusal:
            db.session.rollback()
            room = find_room_for(current_user.member, slug) or abort(404)
            _tell(form, refusal)
        else:
            db.session.commit()
            tell_of_cover(found)
            return redirect(url_for("posts.show_thread", thread_id=post.thread.public_id))
    name = offer_names(form, room.id)
    return render_page(
        "posts/new_thread.html", room=room, form=form, name=name, draft=draft, personal=found
    )


@posts.get("/utas/<thread_id>")
@kept_for_visitors
def show_thread(thread_id: str) -> str | Response:
    """Show a thread; the words of a session stand on the session's own page."""
    member = current_user.member
    thread = get_thread_for(member, thread_id) or abort(404)
    if meeting := meeting_of(thread):
        return redirect(url_for("groups.meet", meeting_id=meeting.public_id))
    number = page_number()
    page = posts_of(thread, member, number)
    fresh = [post for post in page.items if _is_own_and_fresh(post, member)]
    if fresh:
        # The card that a scan leaves must be on the page that the writer sees next.
        wait_for_scan(fresh[-1], SCAN_WAIT_SECONDS)
        page = posts_of(thread, member, number)
    if member is None:
        return _thread_page(thread, page, None)
    form, draft = ReplyForm(), draft_of(member, thread.room, thread)
    fill(form, draft)
    form.quote.data = request.args.get("kutip", form.quote.data)
    return _thread_page(thread, page, form, draft=draft)


@posts.get("/utas/<thread_id>/terbaru")
def show_newest(thread_id: str) -> Response:
    """Lead to the last post of a thread that its reader may read."""
    thread = get_thread_for(current_user.member, thread_id) or abort(404)
    post = newest_in(thread, current_user.member)
    if post is None:
        return redirect(url_for("posts.show_thread", thread_id=thread_id))
    return redirect(_address_of(post))


@posts.post("/utas/<thread_id>/balas")
@login_required
@limiter.limit(posting_limit)
def reply(thread_id: str) -> str | tuple[str, int] | Response:
    """Answer in a thread; in a session people speak on its own page, which marks who leads."""
    thread = get_thread_for(current_user.member, thread_id) or abort(404)
    if meeting := meeting_of(thread):
        return lead(
            url_for("groups.meet", meeting_id=meeting.public_id),
            _("To the session"),
            409,
            _("This is part of a session"),
            _("Its words are said on the page of the session. Yours stand below, to copy them."),
        )
    form = ReplyForm()
    if told := kept(form, thread.room, thread):
        address = url_for("posts.show_thread", thread_id=thread_id, _anchor="reply-title")
        return say_kept(told, address)
    if not form.validate_on_submit():
        return _thread_page(thread, posts_of(thread, current_user.member), form)
    found = look_at(form)
    if found.must_ask:
        return _thread_page(thread, posts_of(thread, current_user.member), form, found)
    if outlook := look_ahead(form):
        return show_preview(form, outlook, found, thread.room, thread)
    try:
        post = operations.reply(
            current_user.member,
            thread,
            body=form.body.data,
            warning=form.warning.data or ContentWarning.NONE,
            submission_key=form.submission_key.data,
            covered=found.covered,
            name=form.name,
            quoted=quoted_in(form, thread),
            agreed=form.agreed.data,
        )
    except (*WAITS, *NAME_REFUSALS) as refusal:
        _tell(form, refusal)
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
            form.wish.data = post.thread.wish
    found = None
    if form.validate_on_submit():
        found = look_at(form)
        if not found.must_ask:
            if outlook := look_ahead(form):
                return show_preview(form, outlook, found, post.thread.room)
            operations.edit(
                current_user.member,
                post,
                body=form.body.data,
                warning=form.warning.data,
                title=form.title.data if post.is_opening else None,
                wish=form.wish.data if post.is_opening else None,
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


def _tell(form: ReplyForm, refusal: Exception) -> None:
    """Say beside the field that it is about why a text was not sent; the text stays there."""
    if isinstance(refusal, NAME_REFUSALS):
        form.refuse(refusal)
    elif isinstance(refusal, AgreementAsked):
        form.agreed.errors = [_("Please read the room's agreement first. Your text is kept.")]
    else:
        form.body.errors = [_explain(refusal)]


def _explain(refusal: Exception) -> str:
    if isinstance(refusal, operations.ThreadLocked):
        return _("For now, volunteers alone answer in this thread. Your text is kept below.")
    if isinstance(refusal, operations.RoomTooSoon):
        return ngettext(
            "This room goes slowly. You can send this in %(num)d minute.",
            "This room goes slowly. You can send this in %(num)d minutes.",
            refusal.minutes,
        )
    if isinstance(refusal, operations.TooSoon):
        return ngettext(
            "This thread goes slowly for a while. You can send this in %(num)d minute.",
            "This thread goes slowly for a while. You can send this in %(num)d minutes.",
            refusal.minutes,
        )
    return _("Nothing can be sent in this room right now. Your text is kept below.")


@posts.app_errorhandler(operations.Paused)
def show_pause(pause: operations.Paused) -> tuple[str, int]:
    """Say until when someone may not post, what they can do, and give back what they typed."""
    db.session.rollback()
    return render_page("posts/paused.html", until=pause.until, typed=typed_text()), 403


def _thread_page(
    thread: Thread,
    page: Page,
    form: ReplyForm | None,
    found: Found | None = None,
    draft: Draft | None = None,
) -> str:
    name = offer_names(form, thread.room_id, thread) if form else None
    member = current_user.member
    follow = follow_of(member, thread)
    seen = follow.seen_post_id if follow else None
    public_id, last_id = thread.public_id, page.items[-1].id if page.items else 0
    unread = [post for post in page.items if seen is not None and _is_news(post, seen, member)]
    muted = muted_by(member)
    quoted = quoted_in(form, thread) if form else None
    quotes = quoted_by(page.items, member)

    def quote(post: Post | None) -> Quote | None:
        is_muted = post is not None and (post.author_id, post.alias_id) in muted
        return quote_of(post, current_user, muted=is_muted) if post else None

    made = render_page(
        "posts/thread.html",
        thread=thread,
        page=page,
        form=form,
        name=name,
        muted=muted,
        follow=follow,
        draft=draft,
        quoted=quote(quoted),
        quote_in=lambda post: quote(quotes.get(post.quoted_id)),
        signs=signs_on(page.items, member),
        first_new=unread[0].id if unread else None,
        personal=found,
    )
    current_app.extensions["note_readings"](member, page.items)
    if seen is not None and last_id > seen:
        note_reading(public_id, last_id)
    return made


def _is_news(post: Post, seen_post_id: int, member: Member) -> bool:
    return post.id > seen_post_id and post.author_id != member.id


def _is_own_and_fresh(post: Post, member: Member | None) -> bool:
    own = member is not None and post.author_id == member.id
    return own and not post.is_scanned and now() - post.written_at < FRESH


def _address_of(post: Post) -> str:
    if meeting := meeting_of(post.thread):
        return url_for(
            "groups.meet",
            meeting_id=meeting.public_id,
            sebelum=before_which(post, current_user.member) or None,
            _anchor=f"p-{post.public_id}",
        )
    return url_for(
        "posts.show_thread",
        thread_id=post.thread.public_id,
        page=page_of(post),
        _anchor=f"p-{post.public_id}",
    )
