"""Passkeys as the second step: what the browser is asked to do, and whether its answer fits."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, generate_challenge, generate_user_handle
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from forum.accounts.models import Member, SignIn
from forum.accounts.operations import note_second_factor
from forum.clock import now
from forum.extensions import count_rows, db, setting
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.factors.models import Passkey
from moderation.factors.operations import WrongFactor, check_may_add
from moderation.factors.queries import factors_of

SITE_NAME = "Teduh"
CHALLENGE_LASTS = timedelta(minutes=5)
MOST = 10


class TooManyPasskeys(Exception):
    """Nobody needs more than ten."""


def ask_to_make(member: Member, sign_in: SignIn) -> str:
    """Return what a browser needs to make a passkey, as JSON. Raises TooManyPasskeys.

    No name of the person is in it: what is, can be read in the list of their password manager.
    """
    owned = factors_of(member).passkeys
    if len(owned) >= MOST:
        raise TooManyPasskeys
    return options_to_json(
        generate_registration_options(
            rp_id=setting("SITE_HOST"),
            rp_name=SITE_NAME,
            user_name=SITE_NAME,
            # Random each time and not kept: keys are found by their own name, never by a person's.
            user_id=generate_user_handle(),
            challenge=_new_challenge(sign_in),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_describe(owned),
        )
    )


def add_passkey(member: Member, sign_in: SignIn, name: str, answer: str) -> Passkey:
    """Keep the passkey that a browser has made. Raises WrongFactor, TooManyPasskeys."""
    challenge = _take_challenge(sign_in)
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=setting("SITE_HOST"),
            expected_origin=setting("SITE_URL"),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise WrongFactor from None
    check_may_add(member, sign_in)
    if len(factors_of(member).passkeys) >= MOST:
        raise TooManyPasskeys
    passkey = Passkey(
        member_id=member.id,
        name=name,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        may_be_copied=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        is_copied=made.credential_backed_up,
        added_on=now().date(),
        used_on=now().date(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(passkey)
    except IntegrityError:
        raise WrongFactor from None
    note_second_factor(sign_in)
    record(member, Action.ADD_FACTOR, SubjectKind.MEMBER, member.id, way="passkey")
    return passkey


def ask_to_show(member: Member, sign_in: SignIn) -> str:
    """Return what a browser needs to show one of the person's passkeys, as JSON."""
    return options_to_json(
        generate_authentication_options(
            rp_id=setting("SITE_HOST"),
            challenge=_new_challenge(sign_in),
            allow_credentials=_describe(factors_of(member).passkeys),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def show_passkey(member: Member, sign_in: SignIn, answer: str) -> None:
    """Take what a passkey has signed as the second step of a session, once. Raises WrongFactor."""
    challenge = _take_challenge(sign_in)
    passkey = _named(member, answer)
    if passkey is None:
        raise WrongFactor
    try:
        shown = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=setting("SITE_HOST"),
            expected_origin=setting("SITE_URL"),
            credential_public_key=passkey.public_key,
            # Raises for a count that does not grow: then there is a copy of a key without copies.
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise WrongFactor from None
    passkey.sign_count = shown.new_sign_count
    passkey.is_copied = shown.credential_backed_up
    passkey.used_on = now().date()
    note_second_factor(sign_in)


def _describe(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id))
        for each in passkeys
    ]


def _named(member: Member, answer: str) -> Passkey | None:
    """Return the person's passkey that an answer says it comes from."""
    try:
        said: Any = json.loads(answer)["id"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(said, str):
        return None
    return db.session.scalar(
        select(Passkey)
        .where(Passkey.member_id == member.id, Passkey.credential_id == said)
        .with_for_update()
    )


def _new_challenge(sign_in: SignIn) -> bytes:
    sign_in.challenge = generate_challenge()
    sign_in.challenge_until = now() + CHALLENGE_LASTS
    return sign_in.challenge


def _take_challenge(sign_in: SignIn) -> bytes:
    """Return what this session asked to be signed, once, also when two ask at the same time."""
    challenge, until = sign_in.challenge, sign_in.challenge_until
    taken = (
        update(SignIn)
        .where(SignIn.id == sign_in.id, SignIn.challenge == challenge)
        .values(challenge=None, challenge_until=None)
    )
    if challenge is None or until is None or not count_rows(taken) or until < now():
        raise WrongFactor
    return challenge
