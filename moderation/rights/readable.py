"""A copy of somebody's data in words: what each field is called, and how its value is said."""

from datetime import date, datetime
from enum import Enum
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _

from forum.rooms.models import ContentWarning
from forum.web.pages import clock_time, warning_name
from moderation.measures.models import MeasureReason
from moderation.measures.wordings import REASONS

# Fields whose values are codes. Words of people are never looked up.
CODED = frozenset(
    {
        "state",
        "door",
        "by",
        "outcome",
        "role",
        "language",
        "kind",
        "pressed",
        "lesson",
        "place",
        "wish",
    }
)


def sections_of(data: dict[str, Any]) -> list[tuple[str, list[list[tuple[str, list[str]]]]]]:
    """Return heading and rows of each part that holds anything; a row is names with lines."""
    titles, names = _titles(), _names()
    made = []
    for part, rows in data.items():
        said = [
            [(names[field], lines) for field, value in row.items() if (lines := _say(field, value))]
            for row in rows
        ]
        if any(said):
            made.append((titles[part], said))
    return made


def _titles() -> dict[str, str]:
    return {
        "account": _("Your account"),
        "aliases": _("Your names in rooms"),
        "blocks": _("Whom you keep at a distance"),
        "sessions": _("Where you are signed in"),
        "second_steps": _("Your second steps"),
        "threads": _("Threads that you began"),
        "posts": _("What you wrote"),
        "reports": _("What you told us about others"),
        "messages": _("Private messages with volunteers"),
        "notices": _("News that you had"),
        "measures": _("What volunteers did to your posts or your account"),
        "appeals": _("Your appeals"),
        "cases": _("When volunteers looked at words of yours"),
        "shifts": _("Your shifts"),
        "topics": _("Topics that you are spared"),
        "drafts": _("Your drafts"),
        "follows": _("Threads you follow"),
        "signs": _("What you told writers without words"),
        "room_agreements": _("Rooms whose agreement you have accepted"),
        "own_life": _("What you show from your own life"),
        "groups": _("Your support groups"),
        "applications": _("Your wish to volunteer"),
        "certificates": _("What you have learned"),
        "first_decisions": _("What colleagues said about your first decisions"),
        "turns": _("Your turns in the rota"),
    }


def _names() -> dict[str, str]:
    return {
        "pseudonym": _("Your pseudonym"),
        "name": _("Name"),
        "added_on": _("Added on"),
        "used_on": _("Used last"),
        "hides_me": _("They don't see you either"),
        "role": _("Your role"),
        "language": _("Language"),
        "letter_keys": _("Letters as commands"),
        "agreement_version": _("Version of the agreement"),
        "joined_on": _("Joined on"),
        "paused_until": _("Paused until"),
        "closed_at": _("Closed"),
        "recovery_codes_left": _("Recovery codes left"),
        "started_at": _("Began"),
        "seen_at": _("Seen last"),
        "title": _("Title"),
        "room": _("Room"),
        "warning": _("Content warning"),
        "created_at": _("When"),
        "written_at": _("Changed last"),
        "body": _("Your words"),
        "earlier_texts": _("What you wrote before you changed it"),
        "thread": _("Thread"),
        "state": _("Who sees it"),
        "covered_by_staff": _("What volunteers covered"),
        "covered_by_you": _("You covered personal data"),
        "as_volunteer": _("Written as a volunteer"),
        "care_card_was_shown": _("A card with ways to help was shown"),
        "door": _("Why"),
        "note": _("Your words"),
        "by": _("Who wrote"),
        "answer": _("Answer"),
        "pressed": _("Answer"),
        "kind": _("What"),
        "reason": _("Reason"),
        "words": _("What you were told"),
        "until": _("Until"),
        "undone_at": _("Taken back"),
        "outcome": _("Decision"),
        "decided_at": _("Decided"),
        "opened_at": _("Opened"),
        "ended_at": _("Ended"),
        "weighed": _("What weighed on you"),
        "helped": _("What helped"),
        "wished": _("What you wished for"),
        "topic": _("Topic"),
        "kept_at": _("Kept"),
        "is_on": _("You hear of answers"),
        "experience": _("From your own life"),
        "shown_topics": _("Topics, where they are not folded"),
        "wish": _("What you asked for"),
        "zone": _("Your time zone"),
        "place": _("Your place"),
        "since": _("Since"),
        "came_to": _("A session that you came to"),
        "hand_up": _("Your hand is up"),
        "motivation": _("What brings you here?"),
        "times": _("When could you be here?"),
        "languages": _("Which languages do you speak with ease?"),
        "lesson": _("Lesson"),
        "feedback": _("Their words"),
        "day": _("Day"),
    }


def _values() -> dict[str, str]:
    """Return how codes are said; one that is not here is said as it is."""
    return {
        "visible": _("everyone sees it"),
        "pending": _("not read by the rules yet"),
        "held": _("held: members don't see it"),
        "hidden": _("hidden: members don't see it"),
        "deleted": _("taken back by the writer"),
        "worry": _("I'm worried about this person"),
        "breach": _("This breaks the agreement"),
        "you": _("You"),
        "volunteer": _("A volunteer"),
        "upheld": _("The measure stands"),
        "overturned": _("The measure was taken back"),
        "safe": _("I'm safe now"),
        "not_safe": _("I'm not safe"),
        "want_to_talk": _("I want to talk"),
        "measure": _("A volunteer did something to your posts or your account"),
        "report_read": _("Somebody has read what you told us"),
        "appeal_decided": _("Your appeal was decided"),
        "in": _("You are in"),
        "waiting": _("You are on the waiting list"),
        "asked": _("Your wish is with the facilitators"),
        "group_place": _("About a wish to join"),
        "group_place_back": _("About your schedule"),
        "group_asked": _("About a wish to join"),
        "meeting_soon": _("About your schedule"),
        "meeting_off": _("About your schedule"),
        "meeting_over": _("About your schedule"),
        "hide": _("A volunteer has covered something you wrote, so that others don't see it."),
        "restore": _("Something you wrote is there for everyone again."),
        "hold": _("A volunteer looks again at something you wrote before others see it."),
        "mask": _("A volunteer has covered a few words of something you wrote."),
        "warning": _(
            "A volunteer has put a note above something you wrote. It says what it mentions."
        ),
        "lock": _("Only volunteers answer in your thread for now."),
        "slow": _("Answers in your thread come a little more slowly for now."),
        "move": _("Your thread stands in another room now."),
        "warn": _("A moderator asks you to keep to one point of our agreement."),
        "pause": _("A moderator has given you a pause from writing in the rooms."),
        "lift_pause": _("Your pause is over. You can write in the rooms again."),
        "close_account": _("We have closed your account."),
        "reply": _("Somebody answered in a thread that you follow"),
        "hear": _("I hear you"),
        "me_too": _("Me too"),
        "thanks": _("Thank you"),
        "listen": _("Somebody who listens"),
        "advice": _("Ideas and experiences"),
        "company": _("Some company"),
        "listening": _("Listening"),
        "first_aid": _("Mental health first aid"),
        "ethics": _("Ethics and limits"),
        "crisis": _("In a crisis"),
        "self_care": _("Taking care of yourself"),
        "practice": _("Practice cases"),
        "training_ends": _("Something you learned ends soon"),
        "application_answered": _("Your application was answered"),
        "role_given": _("You were given a role"),
        "role_ended": _("Your role was ended"),
        "decision_reviewed": _("A colleague has looked at a decision of yours"),
        "turn_changed": _("Something changed in the rota"),
        "id": "Bahasa Indonesia",
        "en": "English",
    }


def _say(field: str, value: object) -> list[str]:
    """Return the lines of a value; none where there is nothing to say."""
    if value in (None, "", False, []) or value is ContentWarning.NONE:
        return []
    if value is True:
        return [_("yes")]
    if isinstance(value, ContentWarning):
        return [warning_name(value)]
    if isinstance(value, MeasureReason):
        return [str(REASONS[value])]
    if isinstance(value, datetime):
        return [clock_time(value)]
    if isinstance(value, date):
        return [str(format_date(value, "d MMMM yyyy"))]
    if isinstance(value, Enum):
        value = value.value
        if field in ("pressed", "wish") and value == "none":
            return []
    if isinstance(value, list):
        return [str(item) for item in value]
    if field in CODED:
        return [_values().get(str(value), str(value))]
    return str(value).split("\n")
