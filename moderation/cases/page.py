"""The page of a case, and how every act on one is carried out."""

from collections.abc import Callable

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.clock import now
from forum.database import DATABASE_TROUBLE, give_up, writing
from forum.extensions import db
from forum.web.pages import render_page
from moderation.audit.readings import note_readings
from moderation.care.queries import pins_of
from moderation.cases import queries
from moderation.cases.around import FIRST, MORE, posts_around
from moderation.cases.brought import what_brought
from moderation.cases.eligibility import is_blind_to, why_not
from moderation.cases.forms import CaseForm
from moderation.cases.models import Case
from moderation.cases.news import read_mark, write_mark
from moderation.cases.panels import CaseView, fill_panels, posts_in_focus
from moderation.cases.presence import note_presence
from moderation.cases.queue import read_beside, readers_of
from moderation.cases.refusals import Refusal, explain
from moderation.rules.queries import rules_in_force

# How much of the queue stands beside a case on a wide screen.
QUEUE_BESIDE = 12

Page = str | tuple[str, int] | Response


def case_page(case: Case, sent: CaseForm | None = None) -> str:
    """Return the page of a case, with the form that was refused, and note what was read."""
    mark = read_mark()
    brought = what_brought(case)
    shows_all = request.args.get("posts") == "all"
    around = posts_around(
        case,
        joined=[found.case.id for found in brought[1:]],
        also=posts_in_focus(case),
        most=MORE if shows_all else FIRST,
    )
    lexicon = rules_in_force().lexicon
    view = CaseView(
        case=case,
        staff=current_user.member,
        brought=brought,
        posts=around.posts,
        decisions=queries.decisions_of(case, since_asked=is_blind_to(current_user.member, case)),
        is_mine=queries.is_held_by(case, current_user.id),
        is_waiting=queries.is_waiting(case),
        refusal=why_not(current_user.member, case),
        sent=sent,
    )
    page = render_page(
        "cases/case.html",
        view=view,
        case=case,
        decisions=view.decisions,
        posts=[(post, queries.mark_text(post, view.flags)) for post in around.posts],
        left_out=around.left_out,
        shows_all=shows_all,
        pins=pins_of(case.thread),
        exchanges=queries.get_exchanges_for(current_user.member, case),
        rules={entry.id: entry for entry in (*lexicon.rules, *lexicon.combinations)},
        queue=read_beside(view.staff, QUEUE_BESIDE),
        readers=readers_of([case.id], besides=view.staff).get(case.id),
        panels=fill_panels(view),
        mark=write_mark(mark),
        explain=explain,
        now=now(),
    )
    reader_id, read_id = view.staff.id, case.id
    note_readings(current_user.member, around.posts, case.id)
    _note_presence(reader_id, read_id)
    return page


def carry_out(
    case_id: str,
    form: CaseForm,
    act: Callable[[Case, int], object],
    done: str = "",
    then: str = "cases.show",
    *,
    at: str | None = None,
) -> Page:
    """Do one act and commit it, or say kindly why it can't be done and keep what was typed.

    `at` is the part of the case's page that is shown next.
    """
    case = find_case(case_id)
    if not form.validate_on_submit():
        return case_page(case, form), 422
    try:
        act(case, form.version.data)
    except Refusal as refusal:
        db.session.rollback()
        flash(explain(refusal))
        return case_page(find_case(case_id), form), 409
    db.session.commit()
    if done:
        flash(done)
    case_shown = case_id if then == "cases.show" else None
    return redirect(url_for(then, case_id=case_shown, _anchor=at))


def _note_presence(member_id: int, case_id: int) -> None:
    """Note who has the page open, in a short transaction; it is shown without that too."""
    try:
        with writing(db.session):
            note_presence(member_id, case_id)
            db.session.commit()
    except DATABASE_TROUBLE:
        give_up(db.session)


def find_case(case_id: str) -> Case:
    """Return the case of an address, or answer that there is none."""
    case: Case = queries.find_case(case_id) or abort(404)
    return case
