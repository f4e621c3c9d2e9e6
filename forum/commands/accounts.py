"""`teduh create-admin` and `teduh set-role`: who may open the staff pages.

They are for the first people of a site. Later ones learn, and two people give their word.
"""

import click

from forum.accounts.models import STAFF, Member, Role
from forum.accounts.names import MAX_LENGTH, MIN_LENGTH
from forum.accounts.operations import NameTaken, find_member, join, set_role
from forum.accounts.passphrases import MAX_LENGTH as MAX_PASSPHRASE
from forum.accounts.passphrases import MIN_LENGTH as MIN_PASSPHRASE
from forum.accounts.passphrases import is_easy_to_guess
from forum.app import create_app
from forum.commands.errors import OperatorError
from forum.extensions import db, setting
from forum.settings import load_settings
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.factors.operations import forget_factors
from moderation.factors.recovery import recover_by_operator
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
    if not MIN_PASSPHRASE <= len(passphrase) <= MAX_PASSPHRASE:
        raise OperatorError(f"--passphrase: write {MIN_PASSPHRASE} to {MAX_PASSPHRASE} characters")
    if is_easy_to_guess(passphrase, pseudonym):
        raise OperatorError("--passphrase: too easy to guess; take four words or more by chance")
    with create_app(load_settings()).app_context():
        try:
            member, codes = join(pseudonym, passphrase, language="id", role=Role(role))
        except NameTaken:
            raise OperatorError(f"PSEUDONYM: {pseudonym} is taken; choose another") from None
        days = _vouch_for(member)
        record(None, Action.GIVE_ROLE, SubjectKind.MEMBER, member.id, role=role)
        db.session.commit()
    _say(days)
    then = ", and sets up a second step then" if Role(role) in STAFF else ""
    click.echo(f"{pseudonym} can sign in{then}. Recovery codes, shown only now:")
    for code in codes:
        click.echo(f"  {code}")


@click.command("end-factors")
@click.argument("pseudonym")
def end_factors_of(pseudonym: str) -> None:
    """Forget the second steps of PSEUDONYM, who is of staff; their sessions end at once.

    On a site with three admins or more, two of them can do this for a third.
    """
    with create_app(load_settings()).app_context():
        member = find_member(pseudonym)
        if member is None or member.role not in STAFF:
            raise OperatorError(f"PSEUDONYM: nobody of staff is called {pseudonym}")
        recover_by_operator(member)
        db.session.commit()
    click.echo(f"{pseudonym} signs in with their passphrase, and sets a second step up anew.")


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
        if member.role not in STAFF:
            forget_factors(member)
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
