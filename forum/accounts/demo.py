"""Demo people, known to all, on a site that says so."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import select

from forum.accounts.models import Member
from forum.accounts.names import fold_name
from forum.accounts.passphrases import verify_secret
from forum.extensions import db

# Printed on the sign-in page of a demo: nobody shall think that it protects anything.
DEMO_PASSPHRASE = "hujan reda di teras"  # noqa: S105 (public on purpose)


@cache
def demo_file() -> dict[str, Any]:
    """Return demo.yaml: `people` and `threads`."""
    loaded: dict[str, Any] = yaml.safe_load(files("forum").joinpath("demo.yaml").read_text("utf-8"))
    return loaded


def demo_logins() -> list[tuple[str, str, str]]:
    """Return pseudonym, passphrase and role of each demo person, the highest role first."""
    roles = ("admin", "lead", "moderator", "volunteer", "member")
    people = sorted(demo_file()["people"], key=lambda person: roles.index(person["role"]))
    return [(person["pseudonym"], DEMO_PASSPHRASE, person["role"]) for person in people]


def has_demo_logins() -> bool:
    """Whether somebody of the demo can sign in with the passphrase that everyone knows."""
    names = [fold_name(pseudonym) for pseudonym, _, _ in demo_logins()]
    stored = select(Member.passphrase_hash).where(Member.folded_name.in_(names)).distinct()
    return any(verify_secret(each, DEMO_PASSPHRASE) for each in db.session.scalars(stored))
