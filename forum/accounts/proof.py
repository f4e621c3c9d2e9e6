"""Proof of work, while many knock: a sum that costs a browser a moment and a machine much.

The protocol is ALTCHA's (version 2, PBKDF2), the solver is our `proof.js`, and nobody else is
asked. Calm doors ask for nothing. A sum is good once, at its own door, for a while.
"""

import hashlib
import hmac
import json
import secrets
import time
from enum import StrEnum

from altcha import v2
from flask import current_app

from forum.accounts.names import fold_name
from forum.web.counts import count_up, counted
from forum.web.limits import hash_for_today, network_key

ALGORITHM = "PBKDF2/SHA-256"
WINDOW_SECONDS = 600
GOOD_FOR_SECONDS = 1200
# Rounds of each try; doubled with each doubling of the storm, up to eight times as many. With 250
# to 500 tries that is 0.1 s in Chromium here, and 0.5 s at a sixth of the speed (ecosystem.md 1.1).
LEAST_COST = 1000
MOST_STRENGTH = 4
TRIES = (250, 500)
LONGEST = 4000
# Without a sum, while a door is stormed: tries of one household, and at one name, in ten minutes.
TRIES_OF_HOUSEHOLD = 3
TRIES_AT_NAME = 10


class Door(StrEnum):
    """Where people knock."""

    JOIN = "join"
    SIGN_IN = "sign_in"


def note_knock(door: Door) -> None:
    """Note a sign-up, or a passphrase that did not fit; many of them are a storm."""
    count_up(_window(door, 0), 2 * WINDOW_SECONDS)


def strength(door: Door) -> int:
    """Return 0 while a door is calm, else how heavy its sum is, from 1 to MOST_STRENGTH."""
    passed = time.time() % WINDOW_SECONDS / WINDOW_SECONDS
    rate = counted(_window(door, 0)) + counted(_window(door, 1)) * (1 - passed)
    most = current_app.config["PROOF_JOINS" if door is Door.JOIN else "PROOF_FAILURES"]
    # 1 from once the most on, 2 from twice, 3 from four times.
    return min(MOST_STRENGTH, int(rate / most).bit_length())


def sum_for(door: Door) -> str | None:
    """Return the sum that a page of this door asks for, as JSON, or None while it is calm."""
    heavy = strength(door)
    if not heavy:
        return None
    challenge = v2.create_challenge(
        ALGORITHM,
        LEAST_COST << (heavy - 1),
        counter=TRIES[0] + secrets.randbelow(TRIES[1] - TRIES[0]),
        expires_at=int(time.time()) + GOOD_FOR_SECONDS,
        data={"door": door.value},
        hmac_secret=_key("sum"),
        hmac_key_secret=_key("answer"),
    )
    return json.dumps(challenge.to_dict())


def is_proven(door: Door, answer: str | None) -> bool:
    """Return whether an answer fits a sum of ours for this door; from then on it is used up."""
    if not answer or len(answer) > LONGEST:
        return False
    found = v2.verify_solution(answer, _key("sum"), hmac_key_secret=_key("answer"))
    if not found.verified:
        return False
    challenge = v2.Payload.from_base64(answer).challenge
    if challenge.parameters.data != {"door": door.value}:
        return False
    mark = hashlib.sha256((challenge.signature or "").encode()).hexdigest()[:32]
    return count_up(f"sum:{mark}", GOOD_FOR_SECONDS) == 1


def may_try(name: str, answer: str | None) -> bool:
    """Return whether somebody may try a secret now: always while it is calm, or with a sum.

    Without one, a storm leaves a few tries to each household and at each name, so that who has
    no scripts still comes in.
    """
    if not strength(Door.SIGN_IN) or is_proven(Door.SIGN_IN, answer):
        return True
    at_name = hash_for_today(f"name:{fold_name(name)}")
    return (
        count_up(f"unproven:{network_key()}", WINDOW_SECONDS) <= TRIES_OF_HOUSEHOLD
        and count_up(f"unproven:{at_name}", WINDOW_SECONDS) <= TRIES_AT_NAME
    )


def _window(door: Door, back: int) -> str:
    return f"knock:{door.value}:{int(time.time() // WINDOW_SECONDS) - back}"


def _key(purpose: str) -> bytes:
    secret: str = current_app.config["SECRET_KEY"]
    return hmac.new(secret.encode(), f"proof:{purpose}".encode(), hashlib.sha256).digest()
