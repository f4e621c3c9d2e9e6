"""`teduh create-admin` and `teduh set-role`: who may open the staff pages."""

import click

from forum.accounts.models import STAFF, Role
from forum.accounts.names import MAX_LENGTH, MIN_LENGTH
from forum.accounts.operations import NameTaken, find_member, join, set_role
from forum.accounts.passphrases import MIN_LENGTH as MIN_PASSPHRASE
from forum.app import create_app
from forum.commands.errors import OperatorError
from forum.extensions import db
from forum.settings import load_settings
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.factors.operations import forget_factors
from moderation.factors.recovery import recover_by_operator


@click.command("create-admin")
@click.argument("pseudonym")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="admin")
@click.password_option("--passphrase", help="Asked for when left out, which is safer.")
def create_admin(pseudonym: str, role: str, passphrase: str) -> None:
    """Make an account with a role, and print its recovery codes once."""
    if not MIN_LENGTH <= len(pseudonym) <= MAX_LENGTH:
        raise OperatorError(f"PSEUDONYM: write {MIN_LENGTH} to {MAX_LENGTH} characters")
    if len(passphrase) < MIN_PASSPHRASE:
        raise OperatorError(f"--passphrase: write {MIN_PASSPHRASE} characters or more")
    with create_app(load_settings()).app_context():
        try:
            member, codes = join(pseudonym, passphrase, language="id", role=Role(role))
        except NameTaken:
            raise OperatorError(f"PSEUDONYM: {pseudonym} is taken; choose another") from None
        record(None, Action.GIVE_ROLE, SubjectKind.MEMBER, member.id, role=role)
        db.session.commit()
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
    """Give the member PSEUDONYM another ROLE; their sessions end at once."""
    with create_app(load_settings()).app_context():
        member = find_member(pseudonym)
        if member is None:
            raise OperatorError(f"PSEUDONYM: nobody here is called {pseudonym}")
        set_role(member, Role(role))
        if member.role not in STAFF:
            forget_factors(member)
        record(None, Action.GIVE_ROLE, SubjectKind.MEMBER, member.id, role=role)
        db.session.commit()
    click.echo(f"{pseudonym} is now {role}, and has to sign in again.")
