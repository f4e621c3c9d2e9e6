"""A fresh start for someone of staff who lost their second step. It takes two admins."""

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import STAFF, Member
from forum.accounts.operations import end_sign_ins
from forum.clock import now
from forum.extensions import count_rows, db
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.factors.models import RecoveryReason, RecoveryRequest
from moderation.factors.operations import forget_factors
from moderation.factors.queries import RECOVERY_WAITS


class NotForYourself(Exception):
    """Nobody gives themselves a fresh start."""


class NotStaff(Exception):
    """The person is not of staff, or their account is closed."""


class AlreadyAsked(Exception):
    """Someone has asked for this person, and it waits."""


class NothingAsked(Exception):
    """Nobody asks for this person any more, or did so more than 24 hours ago."""


class NeedsAnother(Exception):
    """Whoever asked can't agree too, and must be an admin still when another one agrees."""


def ask(admin: Member, person: Member, reason: RecoveryReason) -> None:
    """Be the first of two admins who want a fresh start for a person. Nothing happens to them yet.

    Raises NotForYourself, NotStaff, AlreadyAsked.
    """
    _check(admin, person)
    too_old = RecoveryRequest.asked_at <= now() - RECOVERY_WAITS
    db.session.execute(
        delete(RecoveryRequest).where(RecoveryRequest.member_id == person.id, too_old)
    )
    wish = RecoveryRequest(member_id=person.id, asked_by_id=admin.id, reason=reason, asked_at=now())
    try:
        with db.session.begin_nested():
            db.session.add(wish)
    except IntegrityError:
        raise AlreadyAsked from None
    record(admin, Action.ASK_RECOVERY, SubjectKind.MEMBER, person.id, reason=reason.value)


def agree(admin: Member, person: Member, reason: RecoveryReason) -> None:
    """Be the second: forget the person's second step and end their sessions.

    Their passphrase stays; with it they come in and set a second step up anew. Raises
    NotForYourself, NotStaff, NothingAsked, NeedsAnother.
    """
    _check(admin, person)
    wish = db.session.get(RecoveryRequest, person.id, with_for_update=True)
    if wish is None or wish.asked_at <= now() - RECOVERY_WAITS:
        raise NothingAsked
    if wish.asked_by_id == admin.id or not wish.asked_by.is_admin:
        raise NeedsAnother
    first = wish.asked_by_id
    db.session.delete(wish)
    _start_anew(person)
    record(
        admin, Action.RECOVER_STAFF, SubjectKind.MEMBER, person.id, reason=reason.value, first=first
    )


def drop(admin: Member, person: Member) -> None:
    """Take back or decline a wish for a fresh start. Raises NothingAsked."""
    if not count_rows(delete(RecoveryRequest).where(RecoveryRequest.member_id == person.id)):
        raise NothingAsked
    record(admin, Action.DROP_RECOVERY, SubjectKind.MEMBER, person.id)


def recover_by_operator(person: Member) -> None:
    """Do what two admins agree to, for the command line: a site may have one admin alone.

    Raises NotStaff.
    """
    if person.role not in STAFF:
        raise NotStaff
    db.session.execute(delete(RecoveryRequest).where(RecoveryRequest.member_id == person.id))
    _start_anew(person)
    record(None, Action.RECOVER_STAFF, SubjectKind.MEMBER, person.id)


def _start_anew(person: Member) -> None:
    forget_factors(person)
    end_sign_ins(person)


def _check(admin: Member, person: Member) -> None:
    if person.id == admin.id:
        raise NotForYourself
    if person.role not in STAFF or person.is_closed:
        raise NotStaff
