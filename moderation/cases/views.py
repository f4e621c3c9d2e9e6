"""Pages of the desk: the queue, a case, and each act on it."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.clock import now
from forum.extensions import db
from forum.help.queries import find_entry, pinnable_entries
from forum.posts.models import Post
from forum.text import clean
from forum.web.language import LANGUAGES
from forum.web.pages import render_page
from moderation.audit.readings import note_readings
from moderation.care.queries import pins_of
from moderation.care.wordings import Wording, find_wording, wordings_for
from moderation.cases import operations, queries
from moderation.cases.forms import (
    CaseForm,
    CaseReplyForm,
    CheckInForm,
    CloseForm,
    NoteForm,
    PinForm,
    PostForm,
)
from moderation.cases.models import Case, CloseReason
from moderation.cases.operations import CaseChanged, HeldByOther, NotTrained, NotYours
from moderation.rules.queries import rules_in_force

desk = Blueprint("cases", __name__)
desk.before_request(only_for(STAFF))

# How much of the queue stands beside a case on a wide screen.
QUEUE_BESIDE = 12

Page = str | tuple[str, int] | Response


@desk.get("/meja")
def queue() -> str:
    """Show what waits, worst first."""
    cases = queries.queue()
    waiting = (case for case in cases if queries.is_waiting(case) and _may_answer(case))
    return render_page(
        "cases/queue.html",
        cases=cases,
        next_case=next(waiting, None),
        mine=[case for case in cases if queries.is_held_by(case, current_user.id)],
        state=queries.queue_state(),
        now=now(),
    )


@desk.get("/meja/kasus/<case_id>")
def show(case_id: str) -> str:
    """Show a case in its context."""
    return _case_page(_find_case(case_id))


@desk.post("/meja/kasus/<case_id>/ambil")
def claim(case_id: str) -> Page:
    """Take a case."""
    return _carry_out(
        case_id, CaseForm(), lambda case, seen: operations.claim(current_user.member, case, seen)
    )


@desk.post("/meja/kasus/<case_id>/lepas")
def release(case_id: str) -> Page:
    """Put a case back, with a note for whoever takes it next."""
    form = NoteForm()

    def act(case: Case, seen: int) -> None:
        operations.release(current_user.member, case, seen, clean(form.note.data or ""))

    return _carry_out(case_id, form, act, _("The case is back in the queue."), "cases.queue")


@desk.post("/meja/kasus/<case_id>/balas")
def reply(case_id: str) -> Page:
    """Answer in the thread as a volunteer."""
    form = CaseReplyForm()

    def act(case: Case, seen: int) -> None:
        operations.reply(
            current_user.member,
            case,
            seen,
            body=form.body.data,
            submission_key=form.submission_key.data,
        )

    return _carry_out(case_id, form, act, _("Your reply stands in the thread."))


@desk.post("/meja/kasus/<case_id>/sapa")
def check_in(case_id: str) -> Page:
    """Write privately to the person of a case."""
    form = CheckInForm()

    def act(case: Case, seen: int) -> None:
        operations.check_in(
            current_user.member,
            case,
            seen,
            body=form.body.data,
            submission_key=form.submission_key.data,
        )

    return _carry_out(case_id, form, act, _("Your message is with them. Nobody else got it."))


@desk.post("/meja/kasus/<case_id>/sematkan")
def pin(case_id: str) -> Page:
    """Put a help entry above the thread."""
    return _pin(case_id, operations.pin_entry, _("The help stands above the thread."))


@desk.post("/meja/kasus/<case_id>/lepas-sematan")
def unpin(case_id: str) -> Page:
    """Take a help entry away from above the thread."""
    return _pin(case_id, operations.unpin_entry, _("The help is taken away again."))


@desk.post("/meja/kasus/<case_id>/sembunyikan")
def hide(case_id: str) -> Page:
    """Show a post to its author and the staff alone."""
    return _treat_post(case_id, operations.hide, _("The post is hidden. Its author still sees it."))


@desk.post("/meja/kasus/<case_id>/tampilkan")
def restore(case_id: str) -> Page:
    """Show a held or hidden post to everyone."""
    return _treat_post(case_id, operations.restore, _("Everyone in the room can read the post."))


@desk.post("/meja/kasus/<case_id>/tutup")
def close(case_id: str) -> Page:
    """End a case with a reason."""
    form = CloseForm()

    def act(case: Case, seen: int) -> None:
        reason = CloseReason(form.reason.data)
        operations.close(current_user.member, case, seen, reason, clean(form.note.data or ""))

    return _carry_out(case_id, form, act, _("The case is closed. Thank you."), "cases.queue")


def _pin(case_id: str, operation: Callable[..., None], done: str) -> Page:
    form = PinForm()

    def act(case: Case, seen: int) -> None:
        entry = find_entry(form.entry.data) or abort(404)
        operation(current_user.member, case, seen, entry)

    return _carry_out(case_id, form, act, done)


def _treat_post(case_id: str, operation: Callable[..., None], done: str) -> Page:
    form = PostForm()

    def act(case: Case, seen: int) -> None:
        post: Post = queries.find_post_of(case, form.post_id.data) or abort(404)
        operation(current_user.member, case, seen, post, clean(form.note.data or ""))

    return _carry_out(case_id, form, act, done)


def _carry_out(
    case_id: str,
    form: CaseForm,
    act: Callable[[Case, int], None],
    done: str = "",
    then: str = "cases.show",
) -> Page:
    """Do one act and commit it, or say kindly why it can't be done and keep what was typed."""
    case = _find_case(case_id)
    if not form.validate_on_submit():
        return _case_page(case, form), 422
    try:
        act(case, form.version.data)
    except (CaseChanged, HeldByOther, NotYours, NotTrained) as refusal:
        db.session.rollback()
        flash(_explain(refusal))
        return _case_page(_find_case(case_id), form), 409
    db.session.commit()
    if done:
        flash(done)
    return redirect(url_for(then, case_id=case_id if then == "cases.show" else None))


def _explain(refusal: Exception) -> str:
    if isinstance(refusal, HeldByOther):
        return _(
            "%(name)s is already with this case. Nothing of yours was lost.", name=refusal.holder
        )
    if isinstance(refusal, NotYours):
        return _("This case is not claimed by you, or the claim ran out. You can claim it again.")
    if isinstance(refusal, NotTrained):
        return _("Cases of this level are answered by moderators. You can take a gentler one.")
    return _("Something new came in or was decided meanwhile. Please look at the case again.")


def _case_page(case: Case, sent: CaseForm | None = None) -> str:
    flags = queries.flags_of(case)
    posts = queries.posts_around(case, sorted({flag.post_id for flag in flags}))
    entries = pinnable_entries()
    lexicon = rules_in_force().lexicon
    forms = {
        kind: sent if type(sent) is kind else kind(formdata=None)
        for kind in (CaseForm, NoteForm, CaseReplyForm, CheckInForm, PinForm, PostForm, CloseForm)
    }
    for form in forms.values():
        form.version.data = case.version
    wording, wording_language = _fill_check_in(forms[CheckInForm], case)
    forms[PinForm].entry.choices = [SelectChoice(entry.slug, entry.name) for entry in entries]
    page = render_page(
        "cases/case.html",
        case=case,
        flags=flags,
        reports=queries.reports_of(case),
        decisions=queries.decisions_of(case),
        posts=[(post, queries.mark_text(post, flags)) for post in posts],
        pins=pins_of(case.thread),
        exchanges=queries.get_exchanges_for(current_user.member, case),
        wordings=wordings_for(case.risk_level, queries.categories_of(flags)),
        wording=wording,
        wording_language=wording_language,
        rules={entry.id: entry for entry in (*lexicon.rules, *lexicon.combinations)},
        queue=queries.queue(QUEUE_BESIDE),
        is_mine=queries.is_held_by(case, current_user.id),
        is_waiting=queries.is_waiting(case),
        may_answer=_may_answer(case),
        now=now(),
        claim_form=forms[CaseForm],
        release_form=forms[NoteForm],
        reply_form=forms[CaseReplyForm],
        check_in_form=forms[CheckInForm],
        pin_form=forms[PinForm],
        post_form=forms[PostForm],
        close_form=forms[CloseForm],
    )
    note_readings(current_user.member, posts, case.id)
    return page


def _fill_check_in(form: CheckInForm, case: Case) -> tuple[Wording | None, str]:
    """Fill the box with the wording that the address names, and keep the version it was seen on.

    Returns the wording and its language: the one asked for, else the member's.
    """
    language = request.args.get("language", "")
    if language not in LANGUAGES:
        language = case.subject.language
    wording = find_wording(request.args.get("words", ""))
    if wording is not None and request.method == "GET":
        form.body.data = wording.text(language)
        form.version.data = request.args.get("version", case.version, type=int)
    return wording, language


def _may_answer(case: Case) -> bool:
    return operations.may_answer(current_user.member, case)


def _find_case(case_id: str) -> Case:
    case: Case = queries.find_case(case_id) or abort(404)
    return case
