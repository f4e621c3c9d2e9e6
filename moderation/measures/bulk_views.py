"""The page where spam and duplicates are cleared, many cases at once."""

from dataclasses import dataclass

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.extensions import db
from forum.posts.models import Post
from forum.web.pages import render_page
from moderation.audit.readings import note_readings
from moderation.cases.models import Case
from moderation.cases.queries import find_case
from moderation.cases.refusals import WORDS, Refusal, explain
from moderation.measures.bulk import Listed, NotForBulk, clear, listed_for
from moderation.measures.forms import BulkForm
from moderation.measures.models import MeasureKind, MeasureReason
from moderation.measures.operations import Why
from moderation.measures.wordings import ready_words

bulk = Blueprint("bulk", __name__)
bulk.before_request(only_for(STAFF))

WORDS[NotForBulk] = lambda: _("This case wants to be read by itself, so it was left as it is.")


@dataclass(frozen=True)
class Result:
    """What became of one chosen case; `refused` is empty where it was closed."""

    case: Case
    refused: str


@bulk.get("/meja/spam")
def index() -> str:
    """Show breach cases without any sign of risk."""
    return _page(BulkForm(formdata=None), [])


@bulk.post("/meja/spam")
def close() -> str | tuple[str, int]:
    """Hide and close the chosen cases, each for itself, and say what became of each."""
    form = BulkForm()
    if not form.validate_on_submit():
        return _page(form, []), 422
    results = []
    for case_id, seen in dict(form.cases.data).items():
        case = find_case(case_id)
        if case is None:
            continue
        reason = MeasureReason(form.reason.data)
        why = Why(reason, ready_words(MeasureKind.HIDE, reason, case.subject.language))
        try:
            with db.session.begin_nested():
                clear(current_user.member, case, seen, why)
            results.append(Result(case, ""))
        except Refusal as refusal:
            results.append(Result(case, explain(refusal)))
    db.session.commit()
    return _page(BulkForm(formdata=None), results)


def _page(form: BulkForm, results: list[Result]) -> str:
    listed: list[Listed] = listed_for(current_user.member)
    shown: list[Post] = [post for found in listed for post in found.posts]
    page = render_page("measures/bulk.html", form=form, listed=listed, results=results)
    note_readings(current_user.member, shown)
    return page
