"""What the forum's pages show of care. It has no pages: it lends functions to templates."""

from functools import cache

from flask import Blueprint

from moderation.care.queries import cards_for, news_for, pins_of, routes_of

care = Blueprint("care", __name__)


@care.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let the forum's templates ask for cards, pins and news without an import."""
    return {
        "care_cards_for": cards_for,
        "care_routes_of": routes_of,
        "pins_of": pins_of,
        # A page asks in two places; the answer lives as long as the page is being made.
        "check_in_news_for": cache(news_for),
    }
