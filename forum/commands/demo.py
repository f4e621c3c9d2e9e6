"""`teduh demo`: people and threads to try Teduh with, dated around now."""

from datetime import timedelta

import click
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.demo import DEMO_PASSPHRASE, demo_file, demo_logins
from forum.accounts.models import Member, Role
from forum.accounts.names import fold_name
from forum.accounts.operations import AGREEMENT_VERSION
from forum.accounts.passphrases import hash_secret
from forum.app import create_app
from forum.clock import now
from forum.commands.errors import OperatorError
from forum.extensions import db, setting
from forum.posts.models import Post
from forum.posts.operations import reply, start_thread
from forum.rooms.models import ContentWarning, Room
from forum.settings import load_settings
from moderation.training.operations import vouch


@click.command()
def demo() -> None:
    """Load demo people and threads into an empty site."""
    settings = load_settings()
    if not settings.demo:
        raise OperatorError("TEDUH_DEMO: demo data is for demos; set it to 1 on a site of its own")
    if load_demo(create_app(settings)):
        click.echo("Demo data is loaded.")
    else:
        click.echo("This site has members already; nothing was added.")


def load_demo(app: Flask) -> bool:
    """Add the demo's people and threads to a site without members. Returns whether it did.

    Their posts are scanned like anyone's.
    """
    with app.app_context():
        if db.session.scalar(select(func.count()).select_from(Member)):
            return False
        people = _add_people()
        rooms = {room.slug: room for room in db.session.scalars(select(Room))}
        for number, entry in enumerate(demo_file()["threads"]):
            opening = start_thread(
                people[entry["author"]],
                rooms[entry["room"]],
                title=entry["title"],
                body=entry["body"],
                warning=ContentWarning(entry.get("warning", "none")),
                submission_key=f"demo-{number}",
            )
            _date(opening, entry["minutes_ago"])
            for position, answer in enumerate(entry.get("replies", ())):
                post = reply(
                    people[answer["author"]],
                    opening.thread,
                    body=answer["body"],
                    submission_key=f"demo-{number}-{position}",
                )
                _date(post, answer["minutes_ago"])
        db.session.commit()
        return True


def _add_people() -> dict[str, Member]:
    """Add the demo people. They share one passphrase, so its hash is made once."""
    shared_hash = hash_secret(DEMO_PASSPHRASE)
    languages = {person["pseudonym"]: person["language"] for person in demo_file()["people"]}
    people = {
        pseudonym: Member(
            pseudonym=pseudonym,
            folded_name=fold_name(pseudonym),
            passphrase_hash=shared_hash,
            role=Role(role),
            language=languages[pseudonym],
            agreement_version=AGREEMENT_VERSION,
            # They have been here for a while: nobody of the demo is new.
            joined_on=now().date() - timedelta(days=100),
        )
        for pseudonym, _, role in demo_logins()
    }
    db.session.add_all(people.values())
    db.session.flush()
    for person in people.values():
        if person.is_staff:
            vouch(person, setting("CERTIFICATE_DAYS"))
    return people


def _date(post: Post, minutes_ago: int) -> None:
    """Let a post look as old as that. It waits for its scan from now on all the same."""
    moment = now() - timedelta(minutes=minutes_ago)
    post.created_at = post.thread.last_post_at = moment
    if post.is_opening:
        post.thread.created_at = moment
