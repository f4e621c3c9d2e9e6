"""Emptying the words of cases: what staff noted, what was said privately, what was appealed."""

from sqlalchemy import Select, delete, or_, select, update

from forum.clock import now
from forum.extensions import count_rows, db
from moderation.appeals.models import Appeal
from moderation.care.models import CheckIn, CheckInMessage
from moderation.cases.models import Decision, Report
from moderation.closing.models import Ending, Opinion
from moderation.crisis.models import Entry
from moderation.measures.models import Measure
from moderation.unveiling.models import PersonQuestion

# Stands for a reason that was given and is gone: that there was one still counts.
GONE = "-"


def empty_words(cases: Select[tuple[int]]) -> int:
    """Empty every word that belongs to these cases. Returns how many rows were changed.

    Levels, times, reasons by code and who of the staff acted stay: they are what the figures and
    the record of acts rest on.
    """
    check_ins = select(CheckIn.id).where(CheckIn.case_id.in_(cases))
    statements = [
        update(Decision).where(Decision.case_id.in_(cases), Decision.note != "").values(note=""),
        update(Report).where(Report.case_id.in_(cases), Report.note != "").values(note=""),
        update(Measure).where(Measure.case_id.in_(cases), Measure.words != "").values(words=""),
        delete(Entry).where(Entry.case_id.in_(cases), Entry.step.is_(None)),
        update(Entry).where(Entry.case_id.in_(cases), Entry.note != "").values(note=""),
        update(Ending)
        .where(Ending.case_id.in_(cases), Ending.declined.not_in(("", GONE)))
        .values(declined=GONE),
        update(Opinion)
        .where(Opinion.case_id.in_(cases), or_(Opinion.first_note != "", Opinion.second_note != ""))
        .values(first_note="", second_note=""),
        update(PersonQuestion)
        .where(
            or_(PersonQuestion.case_id.in_(cases), PersonQuestion.other_id.in_(cases)),
            PersonQuestion.note != "",
        )
        .values(note=""),
        update(Appeal)
        .where(Appeal.case_id.in_(cases), or_(Appeal.body != "", Appeal.answer != ""))
        .values(body="", answer="", level=None),
        update(CheckInMessage)
        .where(CheckInMessage.check_in_id.in_(check_ins), CheckInMessage.body != "")
        .values(body="", body_html="", spans=[], level=None),
        update(CheckInMessage)
        .where(CheckInMessage.check_in_id.in_(check_ins), CheckInMessage.read_at.is_(None))
        .values(read_at=now()),
    ]
    changed = 0
    for statement in statements:
        changed += count_rows(statement.execution_options(synchronize_session=False))
    db.session.expire_all()
    return changed
