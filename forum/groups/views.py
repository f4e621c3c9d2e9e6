"""Pages of groups and their sessions, for those who join them."""

import hashlib
from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from forum.accounts.aliases import choose_name
from forum.blocks.queries import muted_by
from forum.clock import now
from forum.database import DATABASE_TROUBLE, give_up, writing
from forum.extensions import db, limiter
from forum.follows.queries import follow_of
from forum.follows.views import note_reading
from forum.groups import feedback, meetings, operations, queries
from forum.groups.calendar import FILE_NAME, MIMETYPE, calendar_of
from forum.groups.forms import FeedbackForm, HandForm, JoinForm, LeaveForm, SayForm
from forum.groups.models import Meeting, Phase, SeatState
from forum.groups.queries import Standing, Talk
from forum.posts.composing import look_at, tell_of_cover
from forum.posts.models import Post
from forum.posts.operations import Paused, ThreadLocked, TooSoon
from forum.posts.personal import Found
from forum.posts.queries import name_for, wait_for_scan
from forum.posts.views import NAME_REFUSALS, show_pause
from forum.web.pages import render_page

groups = Blueprint("groups", __name__)

Page = str | tuple[str, int] | AnyResponse
# A talk is quicker than a thread.
TALK_LIMIT = "20 per minute; 300 per hour"
FRESH = timedelta(seconds=5)
SCAN_WAIT_SECONDS = 0.4
groups.register_error_handler(Paused, show_pause)


@groups.get("/kelompok")
def index() -> str:
    """Show the support groups."""
    member = current_user.member
    return render_page(
        "groups/index.html",
        found=queries.groups_for(member),
        coming=queries.next_meetings_of(member) if member else [],
    )


@groups.get("/kelompok/<group_id>")
def show(group_id: str) -> str:
    """Show a group: its topic, agreement and hours; and to those who are in, the way in."""
    return _group_page(_standing(group_id), JoinForm(formdata=None))


@groups.post("/kelompok/<group_id>/gabung")
@login_required
@limiter.limit("10 per minute; 60 per hour")
def join(group_id: str) -> Page:
    """Ask for a place, or accept the agreement's new version."""
    standing = _standing(group_id)
    form = JoinForm()
    if not form.validate_on_submit():
        return _group_page(standing, form), 422
    try:
        seat = operations.join(current_user.member, standing.group, form.version.data)
        choose_name(current_user.member, standing.group.room_id, form.name)
    except NAME_REFUSALS as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return _group_page(_standing(group_id), form), 409
    except operations.OldAgreement:
        db.session.rollback()
        form.agreed.errors = [_("The agreement has just changed. This is the new one.")]
        form.agreed.data = False
        return _group_page(_standing(group_id), form), 409
    except (operations.GroupEnded, operations.LeadsIt):
        db.session.rollback()
        return redirect(url_for("groups.show", group_id=group_id))
    state = seat.state
    db.session.commit()
    flash(
        {
            SeatState.IN: _("You are in. You can come, read along, or leave at any time."),
            SeatState.WAITING: _("The group is full now. You are on the waiting list."),
            SeatState.ASKED: _("Your wish is with the facilitators. You will hear from us here."),
        }[state]
    )
    return redirect(url_for("groups.show", group_id=group_id))


@groups.route("/kelompok/<group_id>/keluar", methods=["GET", "POST"])
@login_required
def leave(group_id: str) -> Page:
    """Leave a group, after a question."""
    standing = _standing(group_id)
    if standing.seat is None:
        return redirect(url_for("groups.show", group_id=group_id))
    form = LeaveForm()
    if form.validate_on_submit():
        operations.leave(current_user.member, standing.group)
        db.session.commit()
        flash(_("You have left the group. Thank you for having been there."))
        return redirect(url_for("groups.index"))
    return render_page("groups/leave.html", standing=standing, form=form)


@groups.get("/kelompok/<group_id>/jadwal.ics")
@login_required
def calendar(group_id: str) -> Response:
    """Give the group's hours as a calendar file that tells nothing else."""
    standing = _standing(group_id)
    if not standing.is_in:
        abort(404)
    group = standing.group
    made = calendar_of(
        queries.plans_of(group), queries.coming_meetings(group), _("Time for myself")
    )
    answer = Response(made, mimetype=MIMETYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer


@groups.get("/pertemuan/<meeting_id>")
@login_required
def meet(meeting_id: str) -> Page:
    """Show a session; while it is open, note that somebody came."""
    meeting, standing = _meeting(meeting_id)
    if standing.must_agree:
        flash(_("The group's agreement has changed. Please have a look first."))
        return redirect(url_for("groups.show", group_id=standing.group.public_id))
    if meeting.is_open and not standing.leads and not queries.has_visited(current_user, meeting):
        _note_visit(meeting_id)
        meeting, standing = _meeting(meeting_id)
    return _meeting_page(meeting, standing, SayForm(formdata=None))


@groups.get("/pertemuan/<meeting_id>/sekarang")
@login_required
def look(meeting_id: str) -> Response:
    """Give the talk as it stands now, or 204 where it is as the page has it."""
    meeting, standing = _meeting(meeting_id)
    talk, phase = queries.talk_of(meeting, current_user.member), meeting.phase.value
    part, mark = _live_part(meeting, standing, talk)
    if request.args.get("mark") == mark:
        return Response(status=204)
    current_app.extensions["note_readings"](current_user.member, talk.items)
    answer = Response(part)
    answer.headers["X-Mark"] = mark
    answer.headers["X-Phase"] = phase
    return answer


@groups.post("/pertemuan/<meeting_id>/kata")
@login_required
@limiter.limit(TALK_LIMIT)
def say(meeting_id: str) -> Page:
    """Say something."""
    meeting, standing = _meeting(meeting_id)
    form = SayForm()
    if standing.must_agree or not form.validate_on_submit():
        return _meeting_page(meeting, standing, form), 422
    found = look_at(form)
    if found.must_ask:
        return _meeting_page(meeting, standing, form, found)
    try:
        post = meetings.say(
            current_user.member,
            meeting,
            body=form.body.data,
            submission_key=form.submission_key.data,
            covered=found.covered,
        )
    except (meetings.MeetingClosed, ThreadLocked, TooSoon) as refusal:
        db.session.rollback()
        meeting, standing = _meeting(meeting_id)
        form.body.errors = [_explain(refusal)]
        return _meeting_page(meeting, standing, form), 409
    db.session.commit()
    tell_of_cover(found)
    return redirect(url_for("groups.meet", meeting_id=meeting_id, _anchor=f"p-{post.public_id}"))


@groups.post("/pertemuan/<meeting_id>/tangan")
@login_required
@limiter.limit(TALK_LIMIT)
def hand(meeting_id: str) -> Page:
    """Put one's hand up or down."""
    meeting, _standing = _meeting(meeting_id)
    if HandForm().validate_on_submit():
        try:
            if request.form.get("up"):
                meetings.raise_hand(current_user.member, meeting)
            else:
                meetings.lower_hand(current_user.member, meeting)
            db.session.commit()
        except meetings.MeetingClosed:
            db.session.rollback()
    return redirect(url_for("groups.meet", meeting_id=meeting_id, _anchor="tangan"))


@groups.post("/pertemuan/<meeting_id>/bagaimana")
@login_required
def how_was_it(meeting_id: str) -> Page:
    """Say how a session was."""
    meeting, standing = _meeting(meeting_id)
    form = FeedbackForm()
    if not form.validate_on_submit():
        return _meeting_page(meeting, standing, SayForm(formdata=None)), 422
    try:
        feedback.give_feedback(current_user.member, meeting, form.answers)
        db.session.commit()
    except feedback.AnsweredBefore:
        db.session.rollback()
    flash(_("Thank you. Nobody can tell that these answers are yours."))
    return redirect(url_for("groups.show", group_id=standing.group.public_id))


def _standing(group_id: str) -> Standing:
    return queries.standing_in(current_user.member, group_id) or abort(404)


def _meeting(meeting_id: str) -> tuple[Meeting, Standing]:
    member = current_user.member
    meeting: Meeting = queries.get_meeting_for(member, meeting_id) or abort(404)
    return meeting, _standing(meeting.group.public_id)


def _group_page(standing: Standing, form: JoinForm) -> str:
    group = standing.group
    form.version.data = group.agreement_version
    name = None
    if current_user.is_authenticated:
        name = name_for(current_user.member, group.room_id)
        if name is None:
            form.offer(current_user.member)
    return render_page(
        "groups/show.html",
        standing=standing,
        form=form,
        name=name,
        plans=queries.plans_of(group),
        facilitators=queries.facilitators_of(group),
        coming=queries.coming_meetings(group) if standing.is_in else [],
        past=queries.past_meetings(group) if standing.is_in else [],
    )


def _meeting_page(
    meeting: Meeting, standing: Standing, form: SayForm, found: Found | None = None
) -> str:
    member = current_user.member
    before = request.args.get("sebelum", "")
    talk = queries.talk_of(meeting, member, before)
    fresh = [post for post in talk.items if _is_own_and_fresh(post)]
    if fresh:
        # The card that a scan leaves must be on the page that the writer sees next.
        wait_for_scan(fresh[-1], SCAN_WAIT_SECONDS)
        meeting, standing = _meeting(meeting.public_id)
        talk = queries.talk_of(meeting, member, before)
    follow = follow_of(member, meeting.thread) if meeting.thread else None
    seen = follow.seen_post_id if follow else None
    thread_id = meeting.thread.public_id if meeting.thread else ""
    last_id = talk.items[-1].id if talk.items else 0
    part, mark = _live_part(meeting, standing, talk)
    page = render_page(
        "groups/meeting.html",
        meeting=meeting,
        standing=standing,
        host=queries.host_of(meeting),
        part=part,
        mark=mark,
        is_earlier=bool(before),
        form=form,
        personal=found,
        asks=meeting.phase is Phase.OVER and feedback.may_answer(member, meeting),
        feedback_form=FeedbackForm(formdata=None),
    )
    current_app.extensions["note_readings"](member, talk.items)
    if seen is not None and last_id > seen:
        note_reading(thread_id, last_id)
    return page


def _live_part(meeting: Meeting, standing: Standing, talk: Talk) -> tuple[str, str]:
    """Return the part of the page that changes while people talk, and a mark of how it stands."""
    hands = queries.hands_of(meeting)
    part = render_page(
        "groups/live.html",
        meeting=meeting,
        standing=standing,
        talk=talk,
        hands=hands,
        names=queries.names_in(meeting.group, [hand.member for hand in hands]),
        muted=muted_by(current_user.member),
        visitors=queries.number_of_visitors(meeting),
        erased_at=meeting.ends_at + meetings.ERASED_AFTER,
    )
    # The token of the forms in it is another one each second.
    plain = part.replace(generate_csrf(), "")
    return part, hashlib.sha256(plain.encode()).hexdigest()[:16]


def _note_visit(meeting_id: str) -> None:
    """Note the visit in a short transaction of its own; the page is shown without it too."""
    try:
        with writing(db.session):
            meeting, _standing = _meeting(meeting_id)
            meetings.visit(current_user.member, meeting)
            db.session.commit()
    except DATABASE_TROUBLE:
        give_up(db.session)


def _is_own_and_fresh(post: Post) -> bool:
    own = post.author_id == current_user.id
    return own and not post.is_scanned and now() - post.written_at < FRESH


def _explain(refusal: Exception) -> str:
    if isinstance(refusal, meetings.MeetingClosed):
        return _("The session is closed now. Your words are kept here for you to copy.")
    if isinstance(refusal, TooSoon):
        return _("The talk goes slowly for a while. Please wait a moment and send it again.")
    return _("For now, volunteers alone write here. Your words are kept below.")
