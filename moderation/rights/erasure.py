"""Erasing an account: at once for everyone's eyes, then row by row in one transaction.

What stays, stays without words and without the person: their number is an empty row, what they
wrote and the cases about them belong to the one row that stands for all who left. What is done
with which column is written in `moderation.rights.references`; docs/decisions/0020-data-rights.md
says why.
"""

import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    String,
    cast,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from forum.accounts.models import Alias, Member, RecoveryCode, Role, SignIn, Zone
from forum.accounts.operations import close_account
from forum.accounts.passphrases import hash_secret
from forum.blocks.models import Block
from forum.clock import now
from forum.drafts.models import Draft
from forum.extensions import db, setting, take_row
from forum.follows.models import Follow
from forum.groups.operations import leave_groups
from forum.notices.models import Notice
from forum.outbox import Handler, enqueue
from forum.posts.earlier import forget_texts_of
from forum.posts.models import Post, Thread, Visibility, Wish
from forum.posts.queries import waits_for_scan
from forum.reactions.models import Reaction
from forum.rooms.models import ContentWarning, RoomAgreement
from forum.search.operations import forget_posts_of
from forum.tags.models import LivedTag
from forum.text import LEFT
from moderation.appeals.models import Appeal, AppealOutcome
from moderation.applications.models import Application, Grant
from moderation.buddies.models import BuddyPeriod, Review
from moderation.care.models import CareCard, CheckIn, CheckInMessage
from moderation.cases.leases import FREE, IN_HAND
from moderation.cases.models import Case, CaseState, CloseReason, Presence, Report
from moderation.cases.operations import closing
from moderation.factors.models import CodeApp, Passkey, RecoveryRequest
from moderation.follow_ups.operations import end_for_member
from moderation.measures.models import Measure
from moderation.rights.erase_list import note_in_list
from moderation.rights.models import DataExport, Erasure, PostsFate
from moderation.rights.words import empty_words
from moderation.risk.levels import Level
from moderation.rooms.models import RoomModerator
from moderation.rota.models import Swap, Turn
from moderation.training.models import Certificate, PracticeAnswer, Trainee
from moderation.volunteers.models import OptOut, Shift, Skip

ERASE_MEMBER = "erase_member"
LOOK_AGAIN = timedelta(minutes=5)
# By then everything is erased, whatever else is open (the law's term; docs/content-review.md).
PROMISED = timedelta(hours=72)
NO_DAY = date(1970, 1, 1)
OWN_ROWS = (
    *(Draft, Follow, LivedTag, Reaction, RoomAgreement, RoomModerator),
    *(Alias, CodeApp, Passkey, RecoveryCode, SignIn, DataExport, Notice),
)


def mark_of(member: Member) -> str:
    """Return what names an account on the list of erased ones, and leads nowhere else."""
    return hashlib.sha256(member.erase_key.encode()).hexdigest()


def request_erasure(member: Member, posts: PostsFate) -> Erasure:
    """Close an account for good, hide what is to go, and let a job erase the rest.

    Nobody can sign in to it from here on. Asking again returns the first request.
    """
    take_row(member)
    known = db.session.scalar(select(Erasure).where(Erasure.member_id == member.id))
    if known is not None:
        return known
    erasure = Erasure(member_id=member.id, mark=mark_of(member), posts=posts, requested_at=now())
    db.session.add(erasure)
    close_account(member)
    member.passphrase_hash = hash_secret(secrets.token_urlsafe(32))
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    end_for_member(member.id)
    if posts is PostsFate.REMOVE:
        forget_posts_of(member.id)
        _write(update(Post).where(Post.author_id == member.id).values(_HIDDEN))
        _write(update(Thread).where(Thread.author_id == member.id).values(title=""))
    db.session.flush()
    db.session.expire_all()
    enqueue(ERASE_MEMBER, erasure.id)
    return erasure


def waits_for_desk(member_id: int) -> bool:
    """Return whether the desk still needs somebody's words: for them, or for whom they reported.

    True while a red or crisis case is open, and until the rules have read every post.
    """
    reported = select(Report.case_id).where(Report.reporter_id == member_id)
    heavy = exists().where(
        Case.state != CaseState.CLOSED,
        Case.level >= int(Level.RED),
        or_(Case.subject_id == member_id, Case.id.in_(reported)),
    )
    unread = exists().where(Post.author_id == member_id, waits_for_scan())
    return bool(db.session.scalar(select(or_(heavy, unread))))


def erase_member(erasure_id: int) -> None:
    """Erase an account that asked for it, or look again later if the desk still needs its words.

    No longer than `ERASE_HOLD_HOURS` after the request. Twice is once.
    """
    erasure = db.session.scalar(select(Erasure).where(Erasure.id == erasure_id).with_for_update())
    if erasure is None or erasure.member_id is None:
        return
    note_in_list(erasure)
    held_until = erasure.requested_at + timedelta(hours=setting("ERASE_HOLD_HOURS"))
    if now() < held_until and waits_for_desk(erasure.member_id):
        enqueue(ERASE_MEMBER, erasure.id, after=LOOK_AGAIN)
        return
    erase_now(erasure)


def erase_now(erasure: Erasure) -> None:
    """Erase the account of a request in the caller's transaction."""
    member = db.session.get(Member, erasure.member_id, with_for_update=True)
    if member is not None:
        left = the_one_who_left()
        _empty_cases(member.id, left.id)
        _empty_reports(member.id, left.id)
        _empty_posts(member.id, left.id, erasure.posts)
        _leave_the_desk(member.id)
        leave_groups(member)
        _write(
            delete(RecoveryRequest).where(
                or_(
                    RecoveryRequest.member_id == member.id,
                    RecoveryRequest.asked_by_id == member.id,
                )
            )
        )
        _write(
            delete(Block).where(or_(Block.blocker_id == member.id, Block.blocked_id == member.id))
        )
        for model in OWN_ROWS:
            _write(delete(model).where(model.member_id == member.id))
        _empty_account(member)
    erasure.member_id = None
    # Who left when is of no use to anyone: the days are enough to prove the term.
    erasure.requested_at = _day(erasure.requested_at)
    erasure.done_at = _day(now())
    db.session.flush()
    db.session.expire_all()


def try_again(erasure_id: int, job_id: int) -> None:
    """Give an erasure whose job is dead a new one: a right is never dropped."""
    enqueue(ERASE_MEMBER, erasure_id, after=LOOK_AGAIN)


ERASE_MEMBER_HANDLER = Handler(run=erase_member, bury=try_again)


def the_one_who_left() -> Member:
    """Return the row that stands for everyone who left; nobody can sign in to it."""
    found = select(Member).where(Member.folded_name == LEFT)
    if known := db.session.scalar(found):
        return known
    row = Member(folded_name=LEFT)
    _empty_account(row)
    row.folded_name = LEFT
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        # Two left at the same moment, and the other one was first.
        return db.session.scalars(found).one()
    return row


_HIDDEN = {"visibility": Visibility.DELETED, "body_html": ""}


def _key_left(row_id: ColumnElement[int]) -> ColumnElement[str]:
    """Return a submission key that no other row of those who left can have.

    A browser chose the old one, so two people may have chosen the same.
    """
    return literal("left-") + cast(row_id, String)


def _empty_cases(member_id: int, left_id: int) -> None:
    """Take words and person out of every case about somebody, and close what is open."""
    about = select(Case.id).where(Case.subject_id == member_id)
    empty_words(about)
    _write(
        update(Appeal)
        .where(Appeal.member_id == member_id, Appeal.outcome.is_(None))
        .values(outcome=AppealOutcome.UPHELD, decided_at=now())
    )
    for model in (Appeal, Measure, CheckIn):
        _write(update(model).where(model.member_id == member_id).values(member_id=left_id))
    _write(
        update(CheckInMessage)
        .where(
            CheckInMessage.author_id == member_id,
            CheckInMessage.check_in_id.in_(select(CheckIn.id).where(CheckIn.case_id.in_(about))),
        )
        .values(author_id=left_id, submission_key=_key_left(CheckInMessage.id))
    )
    _write(
        update(Case)
        .where(Case.subject_id == member_id, Case.state != CaseState.CLOSED)
        .values(version=Case.version + 1, **closing(CloseReason.MEMBER_LEFT))
    )
    _write(
        update(Case).where(Case.subject_id == member_id).values(subject_id=left_id, alias_id=None)
    )


def _empty_reports(member_id: int, left_id: int) -> None:
    """Take words and person out of what somebody reported; its case goes on."""
    theirs, others = aliased(Report), aliased(Report)
    doubled = select(theirs.id).where(
        theirs.reporter_id == member_id,
        exists().where(
            others.reporter_id == left_id,
            others.post_id == theirs.post_id,
            others.post_version == theirs.post_version,
            others.case_id == theirs.case_id,
            others.door == theirs.door,
        ),
    )
    _write(delete(Report).where(Report.id.in_(list(db.session.scalars(doubled)))))
    _write(
        update(Report).where(Report.reporter_id == member_id).values(reporter_id=left_id, note="")
    )


def _empty_posts(member_id: int, left_id: int, posts: PostsFate) -> None:
    written = select(Post.id).where(Post.author_id == member_id)
    forget_texts_of(member_id)
    _write(delete(CareCard).where(CareCard.post_id.in_(written)))
    _write(delete(Reaction).where(Reaction.post_id.in_(written)))
    of_post: dict[str, object] = {
        "author_id": left_id,
        "alias_id": None,
        "submission_key": _key_left(Post.id),
    }
    of_thread: dict[str, object] = {"author_id": left_id}
    emptied: dict[str, object] = {
        **_HIDDEN,
        "body": "",
        "masks": [],
        "warning": ContentWarning.NONE,
        "is_self_covered": False,
        "quoted_id": None,
        "scanned_version": Post.version,
    }
    # Words that were taken back, and stayed for a case alone, go with the case.
    taken_back = Post.visibility == Visibility.DELETED
    _write(update(Post).where(Post.author_id == member_id, taken_back).values(emptied))
    if posts is PostsFate.REMOVE:
        forget_posts_of(member_id)
        of_post |= emptied
        of_thread |= {
            "title": "",
            "typed_title": "",
            "warning": ContentWarning.NONE,
            "wish": Wish.NONE,
        }
    _write(update(Post).where(Post.author_id == member_id).values(of_post))
    _write(update(Thread).where(Thread.author_id == member_id).values(of_thread))


def _leave_the_desk(member_id: int) -> None:
    """Give back what somebody of the staff had in hand, and forget what they said of themselves.

    What they did stays with their number, as the record of acts does.
    """
    _write(
        update(Case)
        .where(Case.holder_id == member_id, Case.state.in_(IN_HAND))
        .values(version=Case.version + 1, **FREE)
    )
    _write(update(Case).where(Case.holder_id == member_id).values(holder_id=None))
    _write(update(Case).where(Case.owner_id == member_id).values(owner_id=None, owner_until=None))
    _write(delete(Swap).where(or_(Swap.wanted_from_id == member_id, Swap.given_by_id == member_id)))
    for model in (
        *(Presence, Skip, OptOut, Turn, BuddyPeriod, Review),
        *(Trainee, Certificate, PracticeAnswer, Application, Grant),
    ):
        _write(delete(model).where(model.member_id == member_id))
    _write(
        update(Shift)
        .where(Shift.member_id == member_id, Shift.ended_at.is_(None))
        .values(ended_at=now())
    )
    _write(
        update(Shift).where(Shift.member_id == member_id).values(weighed="", helped="", wished="")
    )


def _empty_account(member: Member) -> None:
    """Leave of an account its number alone, so that nobody else ever gets it."""
    member.pseudonym = LEFT
    member.folded_name = f"{LEFT}{member.id}"
    member.passphrase_hash = hash_secret(secrets.token_urlsafe(32))
    member.role = Role.MEMBER
    member.language = "id"
    member.letter_keys = True
    member.zone = Zone.WIB
    member.shown_topics = {}
    member.agreement_version = 0
    member.joined_on = NO_DAY
    member.is_unproven = False
    member.paused_until = None
    member.closed_at = datetime.combine(NO_DAY, datetime.min.time(), UTC)
    member.erase_key = ""


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _write(statement: object) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]
