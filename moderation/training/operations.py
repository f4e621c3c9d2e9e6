"""Learning: being welcomed, taking a test, answering practice cases, being told what ends soon."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import STAFF, Member
from forum.clock import now
from forum.extensions import count_rows, db, setting, take_row
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from moderation.risk.levels import Level
from moderation.training.lessons import Lesson, PracticeCase, practice
from moderation.training.models import Certificate, Module, PracticeAnswer, PracticeTally, Trainee


@dataclass(frozen=True)
class Result:
    """How a test went: how many answers were right, and of how many."""

    right: int
    asked: int

    @property
    def is_passed(self) -> bool:
        """Whether it is enough for a certificate."""
        return enough(self.right, self.asked)


@dataclass(frozen=True)
class Judgement:
    """How somebody saw a practice case, beside what was agreed."""

    level: bool
    reply: bool
    step: bool

    @property
    def agreed(self) -> bool:
        """Whether all three were as agreed."""
        return self.level and self.reply and self.step


def enough(right: int, asked: int) -> bool:
    """Return whether so many of so many pass."""
    return right * 100 >= asked * int(setting("PASS_PERCENT"))


def admit(member_id: int) -> None:
    """Welcome a member to learn; once is enough."""
    if db.session.get(Trainee, member_id) is None:
        db.session.add(Trainee(member_id=member_id, since=now()))
        db.session.flush()


def take_test(member: Member, lesson: Lesson, chosen: Mapping[str, str]) -> Result:
    """Answer a lesson's questions, as often as one likes; enough right answers give a certificate.

    A try that does not pass leaves no trace. Returns the result.
    """
    picks = [question.choice(chosen.get(question.key, "")) for question in lesson.questions]
    result = Result(sum(pick is not None and pick.is_right for pick in picks), len(picks))
    if result.is_passed:
        take_row(member)
        _give(member, lesson.module, now() + _validity())
    return result


def judge(
    member: Member, case: PracticeCase, level: Level, reply_key: str, step_key: str
) -> Judgement:
    """Judge a practice case. Once enough are as agreed there is a certificate and a new round.

    The latest answer to a case counts. Returns how it compares with what was agreed.
    """
    take_row(member)
    reply, step = case.reply.choice(reply_key), case.step.choice(step_key)
    judgement = Judgement(
        level=level is case.level,
        reply=reply is not None and reply.is_right,
        step=step is not None and step.is_right,
    )
    if db.session.get(PracticeAnswer, (member.id, case.key)) is None:
        # Later answers know what was agreed, so only the first one tells how people read it.
        _count(case.level, level)
    db.session.merge(
        PracticeAnswer(
            member_id=member.id, practice=case.key, agreed=judgement.agreed, answered_at=now()
        )
    )
    db.session.flush()
    known = {entry.key for entry in practice().cases}
    answers = db.session.scalars(
        select(PracticeAnswer.agreed).where(
            PracticeAnswer.member_id == member.id, PracticeAnswer.practice.in_(known)
        )
    ).all()
    if len(answers) == len(known) and enough(sum(answers), len(known)):
        _give(member, Module.PRACTICE, now() + _validity())
        db.session.execute(delete(PracticeAnswer).where(PracticeAnswer.member_id == member.id))
    return judgement


def vouch(member: Member, days: float) -> None:
    """Let the operator's word stand for all certificates for some days, where there are none."""
    until = now() + timedelta(days=days)
    for module in Module:
        held = db.session.get(Certificate, (member.id, module))
        if held is None or held.expires_at < until:
            _give(member, module, until, vouched=True)


def tell_of_ends() -> int:
    """Tell everyone on the staff whose certificate ends soon, once. Returns how many are told."""
    soon = now() + timedelta(days=setting("CERTIFICATE_NOTICE_DAYS"))
    ending = db.session.scalars(
        select(Certificate)
        .join(Member, Member.id == Certificate.member_id)
        .where(
            Certificate.expires_at <= soon,
            Certificate.told_at.is_(None),
            Member.role.in_(STAFF),
            Member.closed_at.is_(None),
        )
        .with_for_update(of=Certificate, skip_locked=True)
    ).all()
    people = {certificate.member_id for certificate in ending}
    for member_id in people:
        notify(member_id, NoticeKind.TRAINING_ENDS)
    for certificate in ending:
        certificate.told_at = now()
    return len(people)


def _count(agreed: Level, chosen: Level) -> None:
    cell = (PracticeTally.agreed_level == agreed, PracticeTally.chosen_level == chosen)
    one_more = update(PracticeTally).where(*cell).values(number=PracticeTally.number + 1)
    if not count_rows(one_more):
        try:
            with db.session.begin_nested():
                db.session.add(
                    PracticeTally(agreed_level=int(agreed), chosen_level=int(chosen), number=1)
                )
        except IntegrityError:
            # Someone else's was the first in this cell, between our two statements.
            count_rows(one_more)


def _validity() -> timedelta:
    return timedelta(days=setting("CERTIFICATE_DAYS"))


def _give(member: Member, module: Module, until: datetime, *, vouched: bool = False) -> None:
    db.session.merge(
        Certificate(
            member_id=member.id,
            module=module,
            given_at=now(),
            expires_at=until,
            vouched=vouched,
            told_at=None,
        )
    )
    db.session.flush()
