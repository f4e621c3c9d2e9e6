"""What people do with accounts: join, sign in, leave, recover."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import STAFF, Alias, Member, RecoveryCode, Role, SignIn
from forum.accounts.names import fold_name
from forum.accounts.passphrases import (
    CODE_COUNT,
    hash_secret,
    new_codes,
    read_code,
    verify_secret,
)
from forum.clock import now
from forum.database import take_turn
from forum.extensions import count_rows, db, setting, take_row

AGREEMENT_VERSION = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What PostgreSQL's advisory lock on new names is called.
NAMES_LOCK = 0x7ED06
HOUR = timedelta(hours=1)
IDLE_MEMBER = timedelta(days=14)
# How coarsely sessions are dated; those of staff end too soon for whole hours.
STAFF_STEP = timedelta(minutes=5)
# Asked for by every page of someone who is signed in.
OPENED_BY = select(SignIn).where(SignIn.token_hash == bindparam("token_hash"))


class NameTaken(Exception):
    """Someone has this pseudonym, or one that looks the same."""


class WrongSecret(Exception):
    """Name and passphrase, or name and code, do not belong together."""


@dataclass(frozen=True)
class Checked:
    """What a secret was found to fit, outside a write transaction; it may have changed since."""

    id: int
    secret_hash: str


def join(
    pseudonym: str,
    passphrase: str,
    *,
    language: str,
    role: Role = Role.MEMBER,
    is_unproven: bool = False,
) -> tuple[Member, list[str]]:
    """Make an account. Returns the member and the recovery codes, which are shown only now.

    `is_unproven` says that it came without a proof of work while one was asked. Raises NameTaken.
    """
    member = Member(
        pseudonym=pseudonym,
        folded_name=fold_name(pseudonym),
        passphrase_hash=hash_secret(passphrase),
        role=role,
        language=language,
        agreement_version=AGREEMENT_VERSION,
        joined_on=now().date(),
        is_unproven=is_unproven,
    )
    codes = _give_codes(member)
    take_names()
    if is_name_taken(pseudonym):
        raise NameTaken
    try:
        with db.session.begin_nested():
            db.session.add(member)
    except IntegrityError:
        raise NameTaken from None
    return member, codes


def take_names() -> None:
    """Let nobody else take a name until this transaction ends: names stand in two tables."""
    take_turn(db.session, NAMES_LOCK)


def is_name_taken(name: str) -> bool:
    """Return whether this name, or one that looks the same, is a pseudonym or an alias."""
    folded = fold_name(name)
    known = select(Member.id).where(Member.folded_name == folded)
    also = select(Alias.id).where(Alias.folded_name == folded)
    return db.session.scalar(known.union_all(also).limit(1)) is not None


def check_passphrase(pseudonym: str, passphrase: str) -> Checked:
    """Return the member whom a passphrase fits, for `confirm_passphrase`.

    Raises WrongSecret, after the same work in every case. Slow on purpose, so it runs outside
    a write transaction: see forum.database.reading.
    """
    member = find_member(pseudonym)
    fits = verify_secret(member.passphrase_hash if member else None, passphrase)
    if member is None or not fits:
        raise WrongSecret
    return Checked(member.id, member.passphrase_hash)


def confirm_passphrase(checked: Checked) -> Member:
    """Return the member, whose passphrase stays as it was checked until the transaction ends.

    Raises WrongSecret if it was changed meanwhile: who knows the old one alone comes too late.
    """
    member = db.session.get(Member, checked.id)
    if member is None:
        raise WrongSecret
    take_row(member)
    if member.passphrase_hash != checked.secret_hash:
        raise WrongSecret
    return member


def check_code(pseudonym: str, typed_code: str) -> Checked:
    """Return the recovery code that a member typed, for `recover`.

    Raises WrongSecret, after the work of eight codes in every case. Slow, as above.
    """
    member = find_member(pseudonym)
    code = read_code(typed_code)
    stored = list(member.codes) if member else []
    fitting = [
        Checked(row.id, row.code_hash) for row in stored if verify_secret(row.code_hash, code)
    ]
    for _ in range(CODE_COUNT - len(stored)):
        verify_secret(None, code)
    if not fitting:
        raise WrongSecret
    return fitting[0]


def recover(checked: Checked, passphrase_hash: str) -> Member:
    """Use a checked code up, set the new passphrase and end every session of the member.

    Raises WrongSecret if the code was used meanwhile. SQLite gives the id of the newest code anew
    once it is used, so the code's own hash is looked at too.
    """
    member_id = db.session.scalar(
        delete(RecoveryCode)
        .where(RecoveryCode.id == checked.id, RecoveryCode.code_hash == checked.secret_hash)
        .returning(RecoveryCode.member_id)
    )
    if member_id is None:
        raise WrongSecret
    member = db.session.get_one(Member, member_id)
    member.passphrase_hash = passphrase_hash
    end_sign_ins(member)
    return member


def change_passphrase(member: Member, passphrase_hash: str, token: str) -> None:
    """Set another passphrase, and end every session of the member but the one of this cookie."""
    member.passphrase_hash = passphrase_hash
    end_other_sign_ins(member, token)


def renew_codes(member: Member) -> list[str]:
    """Give the member eight new recovery codes and forget the old ones."""
    member.codes.clear()
    db.session.flush()
    return _give_codes(member)


def start_sign_in(member: Member) -> str:
    """Open a session. Returns the cookie's value, of which only a hash is stored."""
    token = secrets.token_urlsafe(32)
    moment = _round(now(), member)
    db.session.add(
        SignIn(token_hash=_hash_token(token), member=member, started_at=moment, seen_at=moment)
    )
    return token


def note_second_factor(row: SignIn) -> None:
    """Note that whoever has this session has just shown their second step."""
    row.second_factor_at = now()


def renew_token(row: SignIn) -> str:
    """Give a session another cookie, as it opens more from now on. Returns the cookie's value."""
    token = secrets.token_urlsafe(32)
    row.token_hash = _hash_token(token)
    return token


def find_sign_in(token: str) -> SignIn | None:
    """Return the session that a cookie opens, unless it has been idle or open for too long."""
    row = db.session.scalar(OPENED_BY, {"token_hash": _hash_token(token)})
    if row is None:
        return None
    staff = row.member.role in STAFF
    idle = timedelta(minutes=setting("STAFF_IDLE_MINUTES")) if staff else IDLE_MEMBER
    if now() - row.seen_at > idle + (STAFF_STEP if staff else HOUR):
        return None
    if staff and now() - row.started_at > timedelta(hours=setting("STAFF_HOURS")):
        return None
    return row


def touch_sign_in(row: SignIn) -> bool:
    """Note that a session is alive, coarsely. Returns whether there was anything to note."""
    moment = _round(now(), row.member)
    if row.seen_at >= moment:
        return False
    row.seen_at = moment
    return True


def end_sign_in(token: str) -> None:
    """Close the session that a cookie opens; nothing happens if there is none."""
    db.session.execute(delete(SignIn).where(SignIn.token_hash == _hash_token(token)))


def sign_ins_of(member: Member) -> list[SignIn]:
    """Return the member's sessions, the one seen last first."""
    rows = db.session.scalars(
        select(SignIn)
        .where(SignIn.member_id == member.id)
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    )
    return list(rows)


def living_sign_ins(hashes: Iterable[str]) -> set[str]:
    """Return which of these sessions, by the hash of their cookie, have not been ended."""
    rows = db.session.scalars(select(SignIn.token_hash).where(SignIn.token_hash.in_(list(hashes))))
    return set(rows)


def end_own_sign_in(member: Member, mark: str) -> int:
    """Close the member's session with this mark, if it is there. Returns how many were closed."""
    return count_rows(
        delete(SignIn).where(
            SignIn.member_id == member.id, SignIn.token_hash.startswith(mark, autoescape=True)
        )
    )


def end_other_sign_ins(member: Member, token: str) -> int:
    """Close every session of the member but the one that the cookie opens; returns how many."""
    return count_rows(
        delete(SignIn).where(SignIn.member_id == member.id, SignIn.token_hash != _hash_token(token))
    )


def opens(token: str, row: SignIn) -> bool:
    """Return whether this cookie is the session's."""
    return row.token_hash == _hash_token(token)


def end_sign_ins(member: Member) -> None:
    """Close every session of a member."""
    db.session.execute(delete(SignIn).where(SignIn.member_id == member.id))


def forget_old_sign_ins() -> int:
    """Delete sessions that have been idle too long: they tell who was here. Returns how many."""
    return count_rows(delete(SignIn).where(SignIn.seen_at < now() - IDLE_MEMBER - HOUR))


def is_new(member: Member) -> bool:
    """Return whether an account is so young that it writes slower and is read along with."""
    days: int = setting("NEWCOMER_DAYS")
    return days > 0 and not member.is_staff and now().date() - member.joined_on < timedelta(days)


def set_role(member: Member, role: Role) -> None:
    """Change what a member may do, and end their sessions in the same transaction."""
    member.role = role
    end_sign_ins(member)


def set_pause(member: Member, until: datetime | None) -> None:
    """Let a member not post until then; None ends the pause now."""
    member.paused_until = until


def close_account(member: Member) -> None:
    """Close an account and end its sessions in the same transaction. Nothing is deleted."""
    member.closed_at = now()
    end_sign_ins(member)


def reopen_account(member: Member) -> None:
    """Give a closed account back as it was."""
    member.closed_at = None


def find_member(pseudonym: str) -> Member | None:
    """Return the member with this pseudonym, or with one that looks the same."""
    return db.session.scalar(select(Member).where(Member.folded_name == fold_name(pseudonym)))


def find_staff(pseudonym: str) -> Member | None:
    """Return the same, if they are of the team."""
    found = find_member(pseudonym)
    return found if found is not None and found.is_staff else None


def _give_codes(member: Member) -> list[str]:
    codes = new_codes()
    member.codes.extend(RecoveryCode(code_hash=hash_secret(code)) for code in codes)
    return codes


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _round(moment: datetime, member: Member) -> datetime:
    step = STAFF_STEP if member.role in STAFF else HOUR
    return moment - (moment - EPOCH) % step
