"""What a browser may send about experiences."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectMultipleField
from wtforms.widgets import CheckboxInput

from forum.rooms.models import Room
from forum.web.language import current_language


class TagsForm(FlaskForm):
    """Which experiences of a room's list someone shows; none is fine."""

    tags = SelectMultipleField(_l("I know this from my own life"), option_widget=CheckboxInput())

    def offer(self, room: Room) -> None:
        """Offer the room's list, in the page's language."""
        self.tags.choices = [
            SelectChoice(tag["code"], tag["id" if current_language() == "id" else "en"])
            for tag in room.tags
        ]
