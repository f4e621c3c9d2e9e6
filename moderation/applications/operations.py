"""Asking to become a volunteer, answering that, and giving a role by the word of two people."""

from datetime import date, timedelta

from sqlalchemy import update

from forum.accounts.models import Member, Role
from forum.accounts.operations import set_role
from forum.clock import now
from forum.extensions import count_rows, db, setting, take_row
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from moderation.applications.models import Application, ApplicationState, Grant
from moderation.applications.queries import latest_application_of, open_grant_of
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.buddies.operations import begin_period
from moderation.buddies.queries import is_new
from moderation.cases.answers import read_words
from moderation.training.operations import admit
from moderation.training.queries import is_certified, is_trainee

# Who gives their word, and from which role to which.
GIVERS = frozenset({Role.LEAD, Role.ADMIN})
STEPS = {Role.MEMBER: Role.VOLUNTEER, Role.VOLUNTEER: Role.MODERATOR}


class NotNow(Exception):
    """Somebody can't ask at this time: they are staff, learn already, or may ask again later.

    `again_on` is the day from which they may; None in the other cases.
    """

    def __init__(self, again_on: date | None = None) -> None:
        super().__init__("no application now")
        self.again_on = again_on


class Answered(Exception):
    """The application was answered or taken back meanwhile."""


class NoWord(Exception):
    """A word for a role that does not count. `why` is a code of WHY."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def may_apply(member: Member) -> None:
    """Return if this person can apply now. Raises NotNow."""
    if member.is_staff or member.is_closed or is_trainee(member):
        raise NotNow
    last = latest_application_of(member)
    if last is not None and last.again_on and last.again_on > now().date():
        raise NotNow(last.again_on)


def apply(member: Member, *, motivation: str, times: str, languages: str) -> Application:
    """Ask to become a volunteer, with agreement to the limits. Returns the application.

    Whoever has asked already and waits gets that application back. Raises NotNow.
    """
    take_row(member)
    may_apply(member)
    last = latest_application_of(member)
    if last is not None and last.state is ApplicationState.OPEN:
        return last
    found = read_words(motivation, member_id=member.id)
    made = Application(
        member_id=member.id,
        motivation=motivation,
        times=times,
        languages=languages,
        agreed_at=now(),
        level=found.level,
    )
    db.session.add(made)
    db.session.flush()
    return made


def take_back(member: Member) -> bool:
    """Take one's waiting application back. Returns whether there was one."""
    return (
        count_rows(
            update(Application)
            .where(Application.member_id == member.id, Application.state == ApplicationState.OPEN)
            .values(state=ApplicationState.TAKEN_BACK)
        )
        > 0
    )


def answer(
    actor: Member, application: Application, *, welcome: bool, words: str
) -> ApplicationState:
    """Welcome somebody to learn, or say "not now" and from when on they may ask again.

    Returns the new state. Raises Answered, and NoWord for one's own application.
    """
    if application.member_id == actor.id:
        raise NoWord("own")
    state = ApplicationState.WELCOME if welcome else ApplicationState.NOT_NOW
    again = now().date() + timedelta(days=setting("APPLICATION_AGAIN_DAYS"))
    done = count_rows(
        update(Application)
        .where(Application.id == application.id, Application.state == ApplicationState.OPEN)
        .values(
            state=state,
            answer=words,
            answered_by_id=actor.id,
            answered_at=now(),
            again_on=None if welcome else again,
        )
    )
    if not done:
        raise Answered
    if welcome:
        admit(application.member_id)
    notify(application.member_id, NoticeKind.APPLICATION_ANSWERED, subject_id=application.id)
    record(
        actor,
        Action.ANSWER_APPLICATION,
        SubjectKind.APPLICATION,
        application.id,
        state=state.value,
    )
    return state


def give_word(actor: Member, member: Member, role: Role) -> Grant:
    """Give one's word that somebody takes on a role. The second person's word gives it.

    Two leads are not enough: one of the two is an admin. Returns the grant, which is complete
    when `second_id` is set. Raises NoWord.
    """
    # The words of two people at one moment come one after the other.
    take_row(member)
    if actor.role not in GIVERS or actor.id == member.id:
        raise NoWord("own")
    if member.is_closed or STEPS.get(member.role) is not role:
        raise NoWord("role")
    if not is_certified(member):
        raise NoWord("training")
    if is_new(member):
        raise NoWord("buddy")
    grant = open_grant_of(member)
    if grant is not None and (grant.role is not role or grant.first.role not in GIVERS):
        # That word was for something else, or its giver has no say any more.
        db.session.delete(grant)
        db.session.flush()
        grant = None
    if grant is None:
        grant = Grant(member_id=member.id, role=role, first_id=actor.id, first_at=now())
        db.session.add(grant)
        db.session.flush()
        record(actor, Action.GIVE_WORD, SubjectKind.MEMBER, member.id, role=role.value)
        return grant
    if grant.first_id == actor.id:
        raise NoWord("again")
    if Role.ADMIN not in (grant.first.role, actor.role):
        raise NoWord("admin")
    grant.second_id, grant.second_at = actor.id, now()
    db.session.flush()
    set_role(member, role)
    begin_period(member)
    notify(member.id, NoticeKind.ROLE_GIVEN, subject_id=grant.id)
    record(
        actor,
        Action.GIVE_ROLE,
        SubjectKind.MEMBER,
        member.id,
        role=role.value,
        first=grant.first_id,
    )
    return grant


def take_word_back(actor: Member, member: Member) -> None:
    """Take one's own word back while it is the only one. Raises NoWord."""
    take_row(member)
    grant = open_grant_of(member)
    if grant is None or grant.first_id != actor.id:
        raise NoWord("none")
    role = grant.role
    db.session.delete(grant)
    db.session.flush()
    record(actor, Action.TAKE_WORD_BACK, SubjectKind.MEMBER, member.id, role=role.value)
