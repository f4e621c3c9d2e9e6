"""The second step of staff: codes of an app, and ending what one has set up."""

from datetime import timedelta

import pyotp
from sqlalchemy import case, delete, update

from forum.accounts.models import Member, SignIn
from forum.accounts.operations import note_second_factor
from forum.clock import now
from forum.extensions import count_rows, db, setting, take_row
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.factors.models import CodeApp, Passkey
from moderation.factors.queries import factors_of
from moderation.factors.sealing import BrokenSeal, seal, unseal

# Half-minutes before and after the present one whose codes are taken: clocks differ.
WINDOW = 1
# Tries of codes that one person has in a while. With three codes open at a time, someone who knows
# the passphrase and tries day and night needs 700 days on average: 3 of a million, 480 times a day.
MAX_TRIES = 5
TRIES_LAST = timedelta(minutes=15)
# How long a secret that is shown may wait for its first code, in seconds.
SETUP_SECONDS = 30 * 60


class WrongFactor(Exception):
    """The code or the passkey does not fit, or was used before."""


class TooManyTries(Exception):
    """Nobody tries codes of this person for a while."""


class SetupTooOld(Exception):
    """The secret was shown long ago, or to someone else: a new one is needed."""


class LastFactor(Exception):
    """The only second step of someone of staff stays."""


def new_secret(member: Member) -> str:
    """Return a new secret for a code app, sealed; nothing is stored until its first code fits."""
    return seal(member.id, pyotp.random_base32())


def shown_secret(member: Member, sealed: str) -> str:
    """Return the secret of a set-up that has begun. Raises SetupTooOld."""
    try:
        return unseal(member.id, sealed, max_age=SETUP_SECONDS)
    except BrokenSeal:
        raise SetupTooOld from None


def add_code_app(member: Member, sign_in: SignIn, sealed: str, code: str) -> None:
    """Make this the code app of a person, in place of an older one.

    Raises SetupTooOld, WrongFactor.
    """
    step = _step_of(shown_secret(member, sealed), code)
    if step is None:
        raise WrongFactor
    check_may_add(member, sign_in)
    row = db.session.get(CodeApp, member.id) or CodeApp(member_id=member.id)
    row.sealed_secret = sealed
    row.last_step = step
    row.added_on = now().date()
    row.tries, row.tries_until = 0, now()
    db.session.add(row)
    note_second_factor(sign_in)
    record(member, Action.ADD_FACTOR, SubjectKind.MEMBER, member.id, way="code_app")


def check_may_add(member: Member, sign_in: SignIn) -> None:
    """Let a session add a second step if it has shown one, or if there is none yet.

    One session at a time: of two that only know the passphrase, the first sets up what the other
    then has to show. Raises WrongFactor.
    """
    take_row(member)
    is_half_in = setting("STAFF_FACTOR") and sign_in.second_factor_at is None
    if is_half_in and factors_of(member).number:
        raise WrongFactor


def show_code(member: Member, sign_in: SignIn, code: str) -> None:
    """Take the code of a person's app as the second step of a session.

    A code is taken once, also when two ask at the same time, and none older than it after that.
    Raises WrongFactor, TooManyTries; the caller commits then too, so that the try counts.
    """
    if db.session.get(CodeApp, member.id) is None:
        raise WrongFactor
    _count_try(member)
    row = db.session.get_one(CodeApp, member.id, populate_existing=True)
    try:
        step = _step_of(unseal(member.id, row.sealed_secret), code)
    except BrokenSeal:
        step = None
    if step is None or not _spend(member, step):
        if row.tries == MAX_TRIES:
            record(member, Action.LOCK_CODES, SubjectKind.MEMBER, member.id)
        raise WrongFactor
    note_second_factor(sign_in)


def end_code_app(member: Member) -> None:
    """Forget a person's code app. Raises LastFactor."""
    _keep_one(member)
    if count_rows(delete(CodeApp).where(CodeApp.member_id == member.id)):
        record(member, Action.END_FACTOR, SubjectKind.MEMBER, member.id, way="code_app")


def end_passkey(member: Member, credential_id: str) -> None:
    """Forget one of a person's passkeys; nothing happens if it is not there. Raises LastFactor."""
    _keep_one(member)
    owned = (Passkey.member_id == member.id, Passkey.credential_id == credential_id)
    if count_rows(delete(Passkey).where(*owned)):
        record(member, Action.END_FACTOR, SubjectKind.MEMBER, member.id, way="passkey")


def forget_factors(member: Member) -> None:
    """Forget every second step of a person, for a fresh start or because they left staff."""
    for table in (CodeApp, Passkey):
        db.session.execute(delete(table).where(table.member_id == member.id))


def _keep_one(member: Member) -> None:
    # Two that are ended at the same time must not leave none.
    take_row(member)
    if factors_of(member).number < 2:
        raise LastFactor


def _step_of(secret: str, code: str) -> int | None:
    """Return the half-minute whose code this is."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            digits, for_time=now(), valid_window=WINDOW
        )
    except pyotp.OTPVerificationError:
        return None


def _spend(member: Member, step: int) -> bool:
    """Take a half-minute's code, if neither it nor a later one was taken."""
    spent = update(CodeApp).where(CodeApp.member_id == member.id, CodeApp.last_step < step)
    return count_rows(spent.values(last_step=step, tries=0)) == 1


def _count_try(member: Member) -> None:
    """Count a try before it is looked at, so that many at once are no more than MAX_TRIES."""
    is_over = CodeApp.tries_until <= now()
    counted = (
        update(CodeApp)
        .where(CodeApp.member_id == member.id, is_over | (CodeApp.tries < MAX_TRIES))
        .values(
            tries=case((is_over, 1), else_=CodeApp.tries + 1),
            tries_until=case((is_over, now() + TRIES_LAST), else_=CodeApp.tries_until),
        )
        .execution_options(synchronize_session=False)
    )
    if not count_rows(counted):
        raise TooManyTries
