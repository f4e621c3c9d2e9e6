"""What the thread page shows of care. It has no pages: it lends functions to templates."""

from flask import Blueprint

from moderation.care.queries import cards_for, pins_of, routes_of

care = Blueprint("care", __name__)


@care.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let the forum's templates ask for cards and pins without an import."""
    return {"care_cards_for": cards_for, "care_routes_of": routes_of, "pins_of": pins_of}
