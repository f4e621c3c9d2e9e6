"""What a member is told: theirs alone, newest first, and nothing of it in lists and titles."""

import re

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.notices.operations import notify
from forum.notices.queries import notice_news_for, notices_of
from moderation.cases import operations
from moderation.cases.models import Case, CaseState, CloseReason, Door, Report
from moderation.cases.outcomes import Outcome, outcome_of
from moderation.cases.refusals import CaseChanged
from moderation.measures.bulk import clear
from moderation.measures.merging import merge
from moderation.measures.models import MeasureReason
from moderation.measures.operations import Why
from moderation.measures.undoing import undo
from moderation.reports.operations import report_post
from tests.factories import let_undo_time_pass, make_member, make_thread, scan_all
from tests.pages import Page


@pytest.fixture
def case(context) -> Case:
    """A case of `pelan-ombak`, held by `rani`."""
    make_thread(make_member("pelan-ombak"), body="zzamber")
    scan_all()
    found = db.session.scalars(select(Case)).one()
    operations.claim(make_member("rani", Role.MODERATOR), found, found.version)
    db.session.commit()
    return found


def post_of(case: Case):
    return db.session.scalars(select(operations.Post)).first()


def close(case: Case, reason: CloseReason) -> None:
    db.session.refresh(case)
    operations.close(case.holder, case, case.version, reason, "zz-note")
    db.session.commit()


def told() -> list[Notice]:
    return list(db.session.scalars(select(Notice).order_by(Notice.id)))


@pytest.mark.parametrize(
    ("door", "reason", "outcome"),
    [
        (Door.BREACH, CloseReason.RULE_BREACH, Outcome.ACTED),
        (Door.BREACH, CloseReason.NO_RISK, Outcome.NO_BREACH),
        (Door.BREACH, CloseReason.ANSWERED, Outcome.WATCHING),
        (Door.BREACH, CloseReason.REFERRED, Outcome.WATCHING),
        (Door.BREACH, CloseReason.DUPLICATE, Outcome.WATCHING),
        *((Door.WORRY, reason, Outcome.READ) for reason in (CloseReason.REFERRED,)),
        (Door.WORRY, CloseReason.RULE_BREACH, Outcome.READ),
        (Door.WORRY, CloseReason.NO_RISK, Outcome.READ),
    ],
)
def test_a_reporter_hears_the_outcome_and_of_a_worry_only_that_it_was_read(
    case, door, reason, outcome
):
    reporter = make_member()
    report_post(reporter, post_of(case), door, "")
    db.session.commit()
    assert told() == []
    close(case, reason)
    (notice,) = told()
    assert (notice.member_id, notice.kind) == (reporter.id, NoticeKind.REPORT_READ)
    assert (notice.thread_id, notice.post_id) == (None, None)
    assert outcome_of(notice.subject_id) is outcome


def test_each_reporter_hears_once_and_who_closes_hears_nothing(case):
    one, two = make_member(), make_member()
    post = post_of(case)
    for reporter, door in (
        (one, Door.BREACH),
        (one, Door.WORRY),
        (two, Door.BREACH),
        (case.holder, Door.BREACH),
    ):
        report_post(reporter, post, door, "")
    db.session.commit()
    close(case, CloseReason.RULE_BREACH)
    heard = {notice.member_id: outcome_of(notice.subject_id) for notice in told()}
    assert len(told()) == 2
    assert heard == {one.id: Outcome.READ, two.id: Outcome.ACTED}


def test_who_reported_spam_that_was_cleared_with_others_hears_of_it_too(context):
    reporter, rani = make_member(), make_member("rani", Role.MODERATOR)
    post = make_thread(body="Buy this.")
    scan_all()
    report_post(reporter, post, Door.BREACH, "")
    db.session.commit()
    case = db.session.scalars(select(Case)).one()
    clear(rani, case, case.version, Why(MeasureReason.SPAM, "words"))
    db.session.commit()
    to_reporter = [notice for notice in told() if notice.member_id == reporter.id]
    assert [notice.kind for notice in to_reporter] == [NoticeKind.REPORT_READ]
    assert outcome_of(to_reporter[0].subject_id) is Outcome.ACTED
    undo(rani, case, case.version)
    db.session.commit()
    assert told() == []
    assert case.state is CaseState.WAITING


def test_who_reported_in_a_case_that_was_joined_hears_when_the_other_one_ends(case):
    """However often it was joined; and nothing, where that end is undone."""
    one, two, rani = make_member(), make_member(), case.holder
    opening = post_of(case)
    for reporter, door in ((one, Door.BREACH), (two, Door.WORRY)):
        elsewhere = make_thread(opening.author, body="calm")
        report_post(reporter, elsewhere, door, "")
    report_post(one, opening, Door.BREACH, "")
    scan_all()
    of_one, of_two = db.session.scalars(
        select(Case).where(Case.id != case.id).order_by(Case.id)
    ).all()
    for joined, into in ((of_one, of_two), (of_two, case)):
        operations.claim(rani, joined, joined.version)
        merge(rani, joined, joined.version, into, "")
        db.session.commit()
    assert told() == []
    reports = db.session.scalars(select(Report.id).order_by(Report.id)).all()
    assert {outcome_of(report) for report in reports} == {Outcome.READ}
    close(case, CloseReason.RULE_BREACH)
    heard = {notice.member_id: outcome_of(notice.subject_id) for notice in told()}
    assert len(told()) == 2
    assert heard == {one.id: Outcome.ACTED, two.id: Outcome.READ}
    db.session.refresh(case)
    undo(rani, case, case.version)
    db.session.commit()
    assert told() == []


def test_nobody_hears_of_a_case_that_could_not_be_closed(case):
    report_post(make_member(), post_of(case), Door.BREACH, "")
    db.session.commit()
    with pytest.raises(CaseChanged):
        operations.close(case.holder, case, 1, CloseReason.NO_RISK, "")
    db.session.rollback()
    assert told() == []
    assert db.session.scalar(select(func.count()).select_from(Report)) == 1
    assert case.state is CaseState.CLAIMED


def test_pages_of_notices_are_the_newest_first_without_gap_or_repeat(context):
    member, other = make_member(), make_member()
    ids = []
    for number in range(45):
        ids.append(notify(member.id, NoticeKind.REPORT_READ, subject_id=number))
        notify(other.id, NoticeKind.REPORT_READ)
    db.session.commit()
    wanted = [notice.id for notice in reversed(ids)]
    pages = [notices_of(member, number) for number in (1, 2, 3, 4)]
    assert [notice.id for page in pages for notice in page.items] == wanted
    assert [page.has_next for page in pages] == [True, True, False, False]
    assert notice_news_for(member).number == 45


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_reporter_reads_it_and_the_mark_goes_away(app, browser_of, language):
    with app.app_context():
        make_thread(make_member("pelan-ombak"), body="zzamber")
        scan_all()
        case = db.session.scalars(select(Case)).one()
        reporter = make_member("sore-lampu", language=language)
        report_post(reporter, post_of(case), Door.WORRY, "")
        rani = make_member("rani", Role.MODERATOR)
        db.session.commit()
        operations.claim(rani, case, case.version)
        db.session.commit()
        close(case, CloseReason.REFERRED)
        let_undo_time_pass()
    client = browser_of("sore-lampu")
    new = {"en": "new", "id": "baru"}[language]
    assert mark(client.get("/bantuan")) == new
    inbox = client.get("/kabar")
    (link,) = {link for link in Page(inbox).links if link.startswith("/pemberitahuan/")}
    answer = client.get(link)
    page = Page(answer)
    assert {"en": "how are you", "id": "apa kabar"}[language] in page.text
    for secret in ("pelan-ombak", "rani", "zzamber", "zz-note"):
        assert secret not in page.text
    title = re.search("<title>(.*?)</title>", answer.get_data(as_text=True)).group(1)
    assert title == {"en": "Messages · Teduh", "id": "Kabar · Teduh"}[language]
    assert mark(client.get("/bantuan")) == ""
    with app.app_context():
        first = db.session.scalars(select(Notice.seen_at)).one()
    client.get(link)
    with app.app_context():
        assert db.session.scalars(select(Notice.seen_at)).one() == first


def mark(response) -> str:
    """Return the mark beside "Messages" in the navigation."""
    text = response.get_data(as_text=True)
    found = re.search(r'href="/kabar"[^>]*>[^<]*(?:<span class="tag">([^<]*)</span>)?', text)
    assert found
    return found.group(1) or ""


def test_who_has_no_messages_sees_no_door_to_them(app, browser_of):
    with app.app_context():
        make_member("pelan-ombak")
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Member)) == 1
    assert 'href="/kabar"' not in browser_of("pelan-ombak").get("/").get_data(as_text=True)
