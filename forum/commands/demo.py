"""`teduh demo`: people and threads to try Teduh with, dated around now."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

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
from forum.groups.meetings import plan_meetings, say, visit
from forum.groups.models import Joining, Keeping
from forum.groups.operations import Wishes, begin_group, join
from forum.groups.queries import coming_meetings, starter
from forum.posts.models import Post
from forum.posts.operations import reply, start_thread
from forum.rooms.models import ContentWarning, Room
from forum.settings import load_settings
from moderation.rota.models import Slot, Turn
from moderation.rota.times import today
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
        _plan_week(people)
        for number, entry in enumerate(demo_file()["groups"]):
            _add_group(entry, people, number)
        db.session.commit()
        return True


def _plan_week(people: dict[str, Member]) -> None:
    """Draw a week with two slots each evening, and let people sign up with a gap here and there."""
    staff = [person for person in people.values() if person.is_staff]
    for weekday in range(7):
        for hour in (20, 22):
            slot = Slot(weekday=weekday, hour=hour, length=2)
            db.session.add(slot)
            db.session.flush()
            day = today() + timedelta(days=(weekday - today().weekday()) % 7)
            # By turns, so that nobody has two in one evening; some slots keep a gap.
            first = (weekday * 2 + (hour == 22)) * 2
            for number in range(first, first + (1 if weekday % 3 == 2 else 2)):
                person = staff[number % len(staff)]
                db.session.add(Turn(slot_id=slot.id, day=day, member_id=person.id))


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


def _add_group(entry: Mapping[str, Any], people: Mapping[str, Member], number: int) -> None:
    """Add a group with people in it, whose session has just begun."""
    agreed = starter()
    facilitators = [people[name] for name in entry["facilitators"]]
    wishes = Wishes(
        **{name: entry[name] for name in ("name_id", "name_en", "topic_id", "topic_en")},
        agreement_id=agreed["agreement_id"],
        agreement_en=agreed["agreement_en"],
        capacity=entry["capacity"],
        joining=Joining(entry["joining"]),
        content_warning=ContentWarning(entry["warning"]),
    )
    group = begin_group(wishes, Keeping(entry["keeping"]), facilitators)
    for name in entry["members"]:
        join(people[name], group, group.agreement_version)
    plan_meetings(
        facilitators[0],
        group,
        now() - timedelta(minutes=entry["minutes_ago"]),
        minutes=entry["minutes"],
        is_weekly=True,
        welcome=entry["welcome"],
    )
    meeting = coming_meetings(group)[0]
    for position, words in enumerate(entry["words"]):
        visit(people[words["author"]], meeting)
        say(
            people[words["author"]],
            meeting,
            body=words["body"],
            submission_key=f"demo-group-{number}-{position}",
        )


def _date(post: Post, minutes_ago: int) -> None:
    """Let a post look as old as that. It waits for its scan from now on all the same."""
    moment = now() - timedelta(minutes=minutes_ago)
    post.created_at = post.thread.last_post_at = moment
    if post.is_opening:
        post.thread.created_at = moment
