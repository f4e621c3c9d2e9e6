"""Choosing how topics are shown."""

from collections.abc import Mapping

from forum.accounts.models import Member
from forum.rooms.models import ContentWarning, Showing


def choose_topics(member: Member, choices: Mapping[ContentWarning, Showing]) -> None:
    """Keep how a member wants to meet each topic. What is folded anyway is not kept."""
    member.shown_topics = {
        topic.value: showing.value
        for topic, showing in choices.items()
        if showing is not Showing.FOLDED
    }
