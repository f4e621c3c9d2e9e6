"""What every new site begins with: rooms, the help directory, the starter lexicon."""

from importlib.resources import files

import yaml
from flask import Flask

from forum.extensions import db
from forum.help.operations import add_starter_entries
from forum.help.queries import directory_file
from forum.rooms.operations import add_starter_rooms
from moderation.risk.starter import starter
from moderation.rules.operations import publish_starter


def load_starter(app: Flask) -> None:
    """Add what is missing of the starting content. Safe to repeat: what is there stays."""
    with app.app_context():
        rooms = yaml.safe_load(files("forum.rooms").joinpath("starter.yaml").read_text("utf-8"))
        add_starter_rooms(rooms)
        add_starter_entries(directory_file()["entries"])
        publish_starter(starter)
        db.session.commit()
