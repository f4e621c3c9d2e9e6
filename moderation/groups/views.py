"""Pages where leads and admins begin groups, and facilitators keep them."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import STAFF, Member
from forum.accounts.operations import find_staff
from forum.extensions import db
from forum.groups import feedback, meetings
from forum.groups import queries as group_queries
from forum.groups.models import Group, Keeping, Meeting, Step
from forum.groups.operations import LastFacilitator
from forum.notices.models import Notice, NoticeKind
from forum.notices.telling import Telling
from forum.text import clean
from forum.web.pages import reader_zone, render_page
from moderation.groups import operations, queries
from moderation.groups.forms import (
    REASON_NAMES,
    STEP_NAMES,
    FacilitatorForm,
    GroupForm,
    NewGroupForm,
    PlaceBackForm,
    PlainForm,
    PlanForm,
    SessionNoteForm,
    StepForm,
)
from moderation.groups.operations import Reason
from moderation.groups.queries import KEEPERS, get_group_led_by, get_group_near, get_meeting_led_by

group_desk = Blueprint("group_desk", __name__)
group_desk.before_request(only_for(STAFF))
# Who begins groups, changes them and names who leads them.
group_keeping = Blueprint("group_keeping", __name__)
group_keeping.before_request(only_for(KEEPERS))

Page = str | tuple[str, int] | Response


@group_desk.app_context_processor
def _helpers() -> dict[str, Any]:
    return {
        "on_the_desk": queries.on_the_desk,
        "step_name": lambda step: STEP_NAMES[step],
        "step_form": lambda meeting: StepForm(
            formdata=None, data={"step": meeting.step.value if meeting.step else ""}
        ),
    }


@group_desk.get("/meja/kelompok")
def index() -> str:
    """Show the groups that one leads or keeps."""
    return render_page(
        "group_desk/index.html",
        found=queries.groups_at_desk(current_user.member),
        led=queries.led_groups(),
        is_keeper=current_user.role in KEEPERS,
    )


@group_keeping.route("/meja/kelompok/baru", methods=["GET", "POST"])
def new() -> Page:
    """Begin a group."""
    form = NewGroupForm()
    if request.method == "GET":
        form.agreement_id.data = group_queries.starter()["agreement_id"]
        form.agreement_en.data = group_queries.starter()["agreement_en"]
    if form.validate_on_submit():
        group = operations.begin_group(
            current_user.member, form.wishes, Keeping(form.keeping.data), form.leading
        )
        db.session.commit()
        flash(_("The group is there. Its facilitators can plan the first session."))
        return redirect(url_for("group_desk.show", group_id=group.public_id))
    return render_page("group_desk/new.html", form=form)


@group_desk.get("/meja/kelompok/<group_id>")
def show(group_id: str) -> str:
    """Show a group as its facilitators and keepers see it."""
    return _group_page(_near(group_id))


@group_keeping.post("/meja/kelompok/<group_id>/ubah")
def change(group_id: str) -> Page:
    """Change what a group is."""
    group = _near(group_id)
    form = GroupForm()
    if not form.validate_on_submit():
        return _group_page(group, group_form=form), 422
    operations.change_group(current_user.member, group, form.wishes)
    db.session.commit()
    return _back(group_id, _("The group is changed."))


@group_keeping.post("/meja/kelompok/<group_id>/selesai")
def end(group_id: str) -> Page:
    """End a group."""
    group = _near(group_id)
    if PlainForm().validate_on_submit():
        operations.end_group(current_user.member, group)
        db.session.commit()
    return _back(group_id, _("The group has ended. Those who were in can still read it."))


@group_keeping.post("/meja/kelompok/<group_id>/fasilitator")
def add_facilitator(group_id: str) -> Page:
    """Name somebody who leads the group."""
    group = _near(group_id)
    form = FacilitatorForm()
    if not form.validate_on_submit():
        return _group_page(group, facilitator_form=form), 422
    operations.add_facilitator(current_user.member, group, form.member)
    db.session.commit()
    return _back(group_id, _("They lead the group now."))


@group_keeping.post("/meja/kelompok/<group_id>/fasilitator/lepas")
def drop_facilitator(group_id: str) -> Page:
    """Let somebody lead the group no longer."""
    group = _near(group_id)
    member = find_staff(request.form.get("pseudonym", ""))
    try:
        if member is not None and PlainForm().validate_on_submit():
            operations.drop_facilitator(current_user.member, group, member)
            db.session.commit()
    except LastFacilitator:
        db.session.rollback()
        return _back(group_id, _("Somebody has to lead the group. Please name another one first."))
    return _back(group_id, _("They do not lead the group any more."))


@group_desk.post("/meja/kelompok/<group_id>/permintaan/<seat_id>")
def answer_wish(group_id: str, seat_id: str) -> Page:
    """Say yes or no to somebody who would like to join."""
    group = _led(group_id)
    if PlainForm().validate_on_submit():
        yes = request.form.get("answer") == "yes"
        if operations.answer_wish(current_user.member, group, seat_id, yes=yes):
            db.session.commit()
            return _back(group_id, _("Noted. They are told in Teduh."))
    return _back(group_id, _("This wish is answered already, or was taken back."))


@group_desk.post("/meja/kelompok/<group_id>/tempat/<seat_id>/kembalikan")
def give_back(group_id: str, seat_id: str) -> Page:
    """Give somebody's place in the group back, with a reason."""
    group = _led(group_id)
    form = PlaceBackForm()
    if not form.validate_on_submit():
        return _group_page(group), 422
    if operations.give_back(current_user.member, group, seat_id, Reason(form.reason.data)):
        db.session.commit()
        return _back(group_id, _("The place is free again. They are told in Teduh, kindly."))
    return _back(group_id, _("They are not in the group any more."))


@group_desk.post("/meja/kelompok/<group_id>/jadwal")
def plan(group_id: str) -> Page:
    """Plan sessions."""
    group = _led(group_id)
    form = PlanForm()
    if not form.validate_on_submit() or group.ended_at is not None:
        return _group_page(group, plan_form=form), 422
    try:
        operations.plan_meetings(
            current_user.member,
            group,
            meetings.in_zone(reader_zone(), form.day.data, form.hour.data),
            minutes=form.minutes.data,
            is_weekly=form.is_weekly.data,
            welcome=clean(form.welcome.data),
        )
    except meetings.NotThen:
        db.session.rollback()
        form.day.errors = [_("This moment has passed, or is too far away.")]
        return _group_page(_led(group_id), plan_form=form), 422
    db.session.commit()
    return _back(group_id, _("The sessions are planned."))


@group_desk.post("/meja/kelompok/<group_id>/jadwal/<plan_id>/hentikan")
def stop_plan(group_id: str, plan_id: str) -> Page:
    """Plan no more sessions of this kind."""
    group = _led(group_id)
    found = queries.plan_of(group, plan_id) or abort(404)
    if PlainForm().validate_on_submit():
        operations.stop_plan(current_user.member, found)
        db.session.commit()
    return _back(group_id, _("These sessions are not planned any more."))


@group_desk.post("/meja/pertemuan/<meeting_id>/batal")
def call_off(meeting_id: str) -> Page:
    """Call a session off."""
    meeting = _meeting(meeting_id)
    if PlainForm().validate_on_submit():
        operations.call_off(current_user.member, meeting)
        db.session.commit()
    return _back(meeting.group.public_id, _("The session is called off. The group is told."))


@group_desk.post("/meja/pertemuan/<meeting_id>/tutup")
def close(meeting_id: str) -> Page:
    """Close an open session before its time."""
    meeting = _meeting(meeting_id)
    if PlainForm().validate_on_submit():
        operations.close_early(current_user.member, meeting)
        db.session.commit()
        flash(_("The session is closed."))
    return redirect(url_for("groups.meet", meeting_id=meeting_id))


@group_desk.post("/meja/pertemuan/<meeting_id>/langkah")
def step(meeting_id: str) -> Page:
    """Say what the session does now."""
    meeting = _meeting(meeting_id)
    form = StepForm()
    if form.validate_on_submit():
        wanted = Step(form.step.data) if form.step.data else None
        try:
            operations.set_step(current_user.member, meeting, wanted)
            db.session.commit()
        except meetings.MeetingClosed:
            db.session.rollback()
    return redirect(url_for("groups.meet", meeting_id=meeting_id))


@group_desk.post("/meja/pertemuan/<meeting_id>/giliran/<hand_id>")
def give_word(meeting_id: str, hand_id: str) -> Page:
    """Give the word to somebody whose hand is up."""
    meeting = _meeting(meeting_id)
    if PlainForm().validate_on_submit():
        operations.give_word(current_user.member, meeting, hand_id)
        db.session.commit()
    return redirect(url_for("groups.meet", meeting_id=meeting_id, _anchor="tangan"))


@group_desk.post("/meja/pertemuan/<meeting_id>/catatan")
def note(meeting_id: str) -> Page:
    """Write a note about a session."""
    meeting = _meeting(meeting_id)
    form = SessionNoteForm()
    if not form.validate_on_submit():
        return _group_page(meeting.group, note_form=form), 422
    operations.write_note(current_user.member, meeting, clean(form.body.data))
    db.session.commit()
    return _back(meeting.group.public_id, _("Your note is kept for facilitators and leads."))


def _near(group_id: str) -> Group:
    return get_group_near(current_user.member, group_id) or abort(404)


def _led(group_id: str) -> Group:
    return get_group_led_by(current_user.member, group_id) or abort(404)


def _meeting(meeting_id: str) -> Meeting:
    return get_meeting_led_by(current_user.member, meeting_id) or abort(404)


def _back(group_id: str, said: str) -> Response:
    flash(said)
    return redirect(url_for("group_desk.show", group_id=group_id))


def _group_page(
    group: Group,
    *,
    group_form: GroupForm | None = None,
    facilitator_form: FacilitatorForm | None = None,
    plan_form: PlanForm | None = None,
    note_form: SessionNoteForm | None = None,
) -> str:
    me: Member = current_user.member
    facilitators = group_queries.facilitators_of(group)
    leads = me in facilitators
    seats = group_queries.seats_of(group) if leads else []
    welcome = group_queries.starter()["welcome"]
    return render_page(
        "group_desk/show.html",
        group=group,
        leads=leads,
        is_keeper=me.role in KEEPERS,
        facilitators=facilitators,
        seats=seats,
        names=group_queries.names_in(group, [seat.member for seat in seats]),
        reasons=REASON_NAMES,
        plans=group_queries.plans_of(group),
        coming=group_queries.coming_meetings(group),
        past=group_queries.past_meetings(group),
        notes=group_queries.notes_of(group) if queries.reads_notes(me, group) else None,
        answers=feedback.answers_of(group),
        fewest=feedback.FEWEST,
        questions=feedback.Question,
        group_form=group_form or _filled(group),
        facilitator_form=facilitator_form or FacilitatorForm(formdata=None),
        plan_form=plan_form or PlanForm(formdata=None, data={"welcome": welcome}),
        note_form=note_form or SessionNoteForm(formdata=None),
    )


def _filled(group: Group) -> GroupForm:
    return GroupForm(
        formdata=None,
        data={
            "name_id": group.room.name_id,
            "name_en": group.room.name_en,
            "topic_id": group.room.description_id,
            "topic_en": group.room.description_en,
            "agreement_id": group.agreement_id,
            "agreement_en": group.agreement_en,
            "capacity": group.capacity,
            "joining": group.joining.value,
            "warning": group.room.content_warning,
        },
    )


def _group_of(notice: Notice) -> dict[str, Any]:
    group = db.session.get_one(Group, notice.subject_id)
    standing = group_queries.standing_in(notice.member, group.public_id)
    return {"group": group, "standing": standing}


def _meeting_of(notice: Notice) -> dict[str, Any]:
    meeting = db.session.get_one(Meeting, notice.subject_id)
    standing = group_queries.standing_in(notice.member, meeting.group.public_id)
    return {"meeting": meeting, "standing": standing, "group": meeting.group}


TELLINGS = {
    NoticeKind.GROUP_PLACE: Telling("groups/notices/place.html", _group_of),
    NoticeKind.GROUP_PLACE_BACK: Telling("groups/notices/place_back.html"),
    NoticeKind.GROUP_ASKED: Telling("groups/notices/asked.html", _group_of),
    NoticeKind.MEETING_SOON: Telling("groups/notices/soon.html", _meeting_of),
    NoticeKind.MEETING_OFF: Telling("groups/notices/off.html", _meeting_of),
    NoticeKind.MEETING_OVER: Telling("groups/notices/over.html", _meeting_of),
}
