"""What is held waits for a human: no case ends before one has decided about it."""

import flask_migrate
import pytest
from sqlalchemy import select

from forum.accounts.models import Member, Role
from forum.extensions import db
from forum.notices.models import Notice
from forum.posts.models import Post, Visibility
from forum.rooms.models import Policy
from moderation.cases import operations as cases
from moderation.cases.models import Case, CaseState, CloseReason, Door, Lane
from moderation.cases.refusals import CaseChanged
from moderation.closing import operations
from moderation.closing.models import Judgement
from moderation.closing.operations import Closing
from moderation.measures import operations as measures
from moderation.measures.bulk import NotForBulk, clear, listed_for
from moderation.measures.held import StillHeld, Verdict, held_posts
from moderation.measures.merging import merge
from moderation.measures.models import Measure, MeasureKind, MeasureReason
from moderation.measures.operations import Why
from moderation.measures.undoing import undo
from moderation.reports.operations import report_post
from moderation.risk.levels import Level
from tests.factories import (
    let_undo_time_pass,
    make_member,
    make_reply,
    make_room,
    make_thread,
    scan_all,
    sign_in,
)
from tests.moderation.test_closing import SHOW, broken
from tests.pages import Page
from tests.test_migrations import FOLDER

HIDE = Verdict(MeasureKind.HIDE, MeasureReason.OFF_TOPIC)
HELD = Visibility.HELD


def waiting_post(body: str = "A calm day.", policy: Policy = Policy.READ_FIRST) -> Post:
    """A post that its room keeps from others until somebody has read it."""
    room = make_room()
    room.policy = policy
    post = make_thread(make_member("pulang", language="id"), room, body=body)
    scan_all()
    assert post.visibility is HELD
    return post


def taken(moderator: Member, post: Post) -> Case:
    case = db.session.scalars(select(Case).where(Case.subject_id == post.author_id)).one()
    cases.claim(moderator, case, case.version)
    db.session.commit()
    return case


def no_risk(held: Verdict | None = None) -> Closing:
    return Closing(CloseReason.NO_RISK, held=held)


def is_refused(act: object) -> None:
    """Let an act be refused, and everything stay as it was."""
    with pytest.raises(StillHeld):
        act()
    db.session.rollback()


@pytest.mark.parametrize(
    "written", [("A calm day.", Policy.READ_FIRST), ("I am zzamber.", Policy.HELD_ON_AMBER)]
)
@pytest.mark.parametrize(
    ("verdict", "becomes"), [(SHOW, Visibility.VISIBLE), (HIDE, Visibility.HIDDEN)]
)
def test_a_case_ends_with_a_word_on_what_is_held(context, written, verdict, becomes):
    rani, post = make_member("rani", Role.MODERATOR), waiting_post(*written)
    case = taken(rani, post)
    is_refused(lambda: operations.close(rani, case, case.version, no_risk()))
    assert (case.state, post.visibility) == (CaseState.CLAIMED, HELD)
    assert operations.close(rani, case, case.version, no_risk(verdict))
    db.session.commit()
    assert (case.state, post.visibility) == (CaseState.CLOSED, becomes)
    measure = db.session.scalars(select(Measure)).one()
    assert (measure.member_id, measure.kind) == (post.author_id, verdict.kind)
    assert measure.reason is verdict.reason
    assert measure.words.startswith(("Kami sudah", "Kami menutup")), "in the writer's language"
    told = db.session.scalars(select(Notice).where(Notice.member_id == post.author_id)).one()
    assert told.subject_id == measure.id
    assert broken() == {}


def test_undoing_the_end_lets_it_wait_again_and_nobody_was_told(context):
    rani, post = make_member("rani", Role.MODERATOR), waiting_post()
    case = taken(rani, post)
    operations.close(rani, case, case.version, no_risk(SHOW))
    db.session.commit()
    undo(rani, case, case.version)
    db.session.commit()
    db.session.refresh(post)
    assert (case.state, post.visibility) == (CaseState.CLAIMED, HELD)
    let_undo_time_pass()
    assert db.session.scalars(select(Notice)).all() == []
    assert broken() == {}


def test_of_two_who_read_a_heavy_case_the_one_who_ends_it_decides(context):
    rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
    post = waiting_post("I am zzcrisis.", Policy.AFTER_SCAN)
    case = taken(rani, post)
    assert operations.close(rani, case, case.version, no_risk()) is False
    db.session.commit()
    assert post.visibility is HELD
    cases.claim(budi, case, case.version)
    db.session.commit()
    is_refused(lambda: operations.give_opinion(budi, case, case.version, Judgement.NO_ACTION, ""))
    assert case.state is CaseState.CLAIMED
    assert operations.give_opinion(budi, case, case.version, Judgement.NO_ACTION, "", held=SHOW)
    db.session.commit()
    assert (case.state, post.visibility) == (CaseState.CLOSED, Visibility.VISIBLE)
    assert broken() == {}


def test_who_sees_a_need_leaves_it_held(context):
    rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
    post = waiting_post("I am zzcrisis.", Policy.AFTER_SCAN)
    case = taken(rani, post)
    operations.close(rani, case, case.version, no_risk())
    cases.claim(budi, case, case.version)
    db.session.commit()
    assert not operations.give_opinion(budi, case, case.version, Judgement.NEEDS_ANSWER, "")
    assert post.visibility is HELD


def test_what_is_held_while_somebody_closes_is_not_missed(context):
    rani, post = make_member("rani", Role.MODERATOR), waiting_post()
    case = taken(rani, post)
    seen = case.version
    later = make_reply(post, post.author, "And one more.")
    scan_all()
    with pytest.raises(CaseChanged):
        operations.close(rani, case, seen, no_risk(SHOW))
    db.session.rollback()
    assert {held.id for held in held_posts(case)} == {post.id, later.id}
    operations.close(rani, case, case.version, no_risk(SHOW))
    db.session.commit()
    assert {post.visibility, later.visibility} == {Visibility.VISIBLE}


def test_what_somebody_else_wrote_and_was_held_from_here_is_decided_too(context):
    rani = make_member("rani", Role.MODERATOR)
    opening = make_thread(body="I am zzamber.")
    other = make_reply(opening)
    scan_all()
    case = taken(rani, opening)
    why = Why(MeasureReason.HARASSMENT, "words")
    measures.hold(rani, case, case.version, other, why)
    db.session.commit()
    is_refused(lambda: operations.close(rani, case, case.version, no_risk()))
    operations.close(rani, case, case.version, no_risk(HIDE))
    db.session.commit()
    assert (opening.visibility, other.visibility) == (Visibility.VISIBLE, Visibility.HIDDEN)
    assert broken() == {}


def test_a_case_is_not_joined_to_one_that_does_not_show_what_it_holds(context):
    rani, post = make_member("rani", Role.MODERATOR), waiting_post()
    elsewhere = make_thread(post.author, body="I am zzamber.")
    case = taken(rani, post)
    scan_all()
    into = db.session.scalars(select(Case).where(Case.thread_id == elsewhere.thread_id)).one()
    is_refused(lambda: merge(rani, case, case.version, into, ""))
    measures.restore(rani, case, case.version, post, Why(MeasureReason.SAFE_AGAIN, "words"))
    merge(rani, case, case.version, into, "")
    db.session.commit()
    assert case.merged_into_id == into.id
    assert broken() == {}


def test_a_breach_with_a_held_post_is_not_cleared_with_others(context):
    rani, post = make_member("rani", Role.MODERATOR), waiting_post()
    post.visibility = Visibility.VISIBLE
    make_reply(post, post.author, "Another one.")
    scan_all()
    report_post(make_member(), post, Door.BREACH, "")
    db.session.commit()
    case = db.session.scalars(select(Case)).one()
    assert case.lane is Lane.BREACH
    assert listed_for(rani) == []
    with pytest.raises(NotForBulk):
        clear(rani, case, case.version, Why(MeasureReason.SPAM, "words"))


def test_the_doctor_finds_a_held_post_that_nobody_decides(context):
    rani, post = make_member("rani", Role.MODERATOR), waiting_post()
    case = taken(rani, post)
    assert broken() == {}
    cases.close(rani, case, case.version, CloseReason.NO_RISK, "")
    db.session.commit()
    assert broken() == {"held posts that nobody decides": 1}


def test_what_was_left_held_before_waits_on_a_case_again(app):
    with app.app_context():
        rani, post = make_member("rani", Role.MODERATOR), waiting_post("I am zzcrisis.")
        later = make_reply(post, post.author, "And one more.")
        scan_all()
        case = taken(rani, post)
        cases.close(rani, case, case.version, CloseReason.ANSWERED, "")
        db.session.commit()
        ids = {post.id, later.id}
        db.session.remove()
        flask_migrate.downgrade(directory=FOLDER, revision="0023_held_posts-1")
        flask_migrate.upgrade(directory=FOLDER)
        again = db.session.scalars(select(Case).where(Case.state == CaseState.WAITING)).one()
        assert (again.lane, again.risk_level) == (Lane.RISK, Level.AMBER)
        assert {held.id for held in held_posts(again)} == ids
        assert "held posts that nobody decides" not in broken()
        db.session.remove()
        flask_migrate.downgrade(directory=FOLDER, revision="0023_held_posts-1")
        flask_migrate.upgrade(directory=FOLDER)
        waiting = select(Case).where(Case.state == CaseState.WAITING)
        assert len(db.session.scalars(waiting).all()) == 1


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_page_asks_for_it_and_keeps_what_was_typed(app, language):
    with app.app_context():
        make_member("rani", Role.MODERATOR, language)
        post = waiting_post("I am zzamber.")
        for _ in range(4):
            make_reply(post)
        make_reply(post, post.author, "Read me too.")
        scan_all()
        case = db.session.scalars(select(Case).where(Case.subject_id == post.author_id)).one()
        address, author_id = f"/meja/kasus/{case.public_id}", post.author_id
        db.session.rollback()
    rani = sign_in(app, "rani")
    form = Page(rani.get(address)).form("/ambil")
    assert 'name="held"' not in rani.get(address).get_data(as_text=True)
    rani.post(form.action, data=form.values)
    page = Page(rani.get(address))
    assert "Read me too." in page.text, "what is decided stands on the page"
    form = page.form("/tutup")
    sent = {**form.values, "reason": "no_risk", "note": "zznote"}
    answer = rani.post(form.action, data=sent)
    assert answer.status_code == 422
    page = Page(answer)
    asked = {"en": "Please choose what becomes of", "id": "Pilih dulu apa"}[language]
    assert asked in page.text
    assert page.form("/tutup").values["note"] == "zznote"
    answer = rani.post(form.action, data={**sent, "held": "hide"})
    assert answer.status_code == 422, "the writer is owed a reason"
    answer = rani.post(form.action, data={**sent, "held": "restore"})
    assert answer.status_code == 302
    with app.app_context():
        theirs = select(Post.visibility).where(Post.author_id == author_id)
        assert set(db.session.scalars(theirs)) == {Visibility.VISIBLE}
        assert len(db.session.scalars(select(Measure)).all()) == 2
        assert len(set(db.session.scalars(select(Measure.decision_id)))) == 1
