"""`teduh create-admin` and `teduh set-role`: who may open the staff pages.

They are for the first people of a site. Later ones learn, and two people give their word.
"""

import click

from forum.accounts.models import STAFF, Member, Role
from forum.accounts.names import MAX_LENGTH, MIN_LENGTH
from forum.accounts.operations import NameTaken, find_member, join, set_role
from forum.accounts.passphrases import MIN_LENGTH as MIN_PASSPHRASE
from forum.app import create_app
from forum.commands.errors import OperatorError
from forum.extensions import db, setting
from forum.settings import load_settings
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.training.operations import vouch


@click.command("create-admin")
@click.argument("pseudonym")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="admin")
@click.password_option("--passphrase", help="Asked for when left out, which is safer.")
def create_admin(pseudonym: str, role: str, passphrase: str) -> None:
    """Make an account with a role, and print its recovery codes once.

    For the first people of a site: your word stands for their training for a month
    (TEDUH_FIRST_PEOPLE_DAYS). Whoever comes later applies, learns, and is given the role by two.
    """
    if not MIN_LENGTH <= len(pseudonym) <= MAX_LENGTH:
        raise OperatorError(f"PSEUDONYM: write {MIN_LENGTH} to {MAX_LENGTH} characters")
    if len(passphrase) < MIN_PASSPHRASE:
        raise OperatorError(f"--passphrase: write {MIN_PASSPHRASE} characters or more")
    with create_app(load_settings()).app_context():
        try:
            member, codes = join(pseudonym, passphrase, language="id", role=Role(role))
        except NameTaken:
            raise OperatorError(f"PSEUDONYM: {pseudonym} is taken; choose another") from None
        days = _vouch_for(member)
        record(None, Action.GIVE_ROLE, SubjectKind.MEMBER, member.id, role=role)
        db.session.commit()
    _say(days)
    click.echo(f"{pseudonym} can sign in. Recovery codes, shown only now:")
    for code in codes:
        click.echo(f"  {code}")


@click.command("set-role")
@click.argument("pseudonym")
@click.argument("role", type=click.Choice([role.value for role in Role]))
def change_role(pseudonym: str, role: str) -> None:
    """Give the member PSEUDONYM another ROLE; their sessions end at once.

    For the first people of a site, as create-admin is.
    """
    with create_app(load_settings()).app_context():
        member = find_member(pseudonym)
        if member is None:
            raise OperatorError(f"PSEUDONYM: nobody here is called {pseudonym}")
        set_role(member, Role(role))
        days = _vouch_for(member)
        record(None, Action.GIVE_ROLE, SubjectKind.MEMBER, member.id, role=role)
        db.session.commit()
    _say(days)
    click.echo(f"{pseudonym} is now {role}, and has to sign in again.")


def _vouch_for(member: Member) -> int:
    """Let the operator's word stand for a while. Returns for how many days; 0 for a member."""
    if member.role not in STAFF:
        return 0
    days = int(setting("FIRST_PEOPLE_DAYS"))
    vouch(member, days)
    return days


def _say(days: int) -> None:
    if days:
        click.echo(
            f"Your word stands for their training for {days} days; the lessons are at /pelatihan. "
            "Later people apply at /relawan, and two of the team give them the role."
        )
