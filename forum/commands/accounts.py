"""`teduh create-admin` and `teduh set-role`: who may open the staff pages."""

import click

from forum.accounts.models import Role
from forum.accounts.names import MAX_LENGTH, MIN_LENGTH
from forum.accounts.operations import NameTaken, find_member, join, set_role
from forum.accounts.passphrases import MIN_LENGTH as MIN_PASSPHRASE
from forum.app import create_app
from forum.commands.errors import OperatorError
from forum.extensions import db
from forum.settings import load_settings
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record


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
    click.echo(f"{pseudonym} can sign in. Recovery codes, shown only now:")
    for code in codes:
        click.echo(f"  {code}")


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
        record(None, Action.GIVE_ROLE, SubjectKind.MEMBER, member.id, role=role)
        db.session.commit()
    click.echo(f"{pseudonym} is now {role}, and has to sign in again.")
