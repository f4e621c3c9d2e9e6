"""The lexicon that ships with the engine."""

from __future__ import annotations

from importlib import resources

from moderation.risk.rulefile import load_files
from moderation.risk.rules import Lexicon


def starter() -> Lexicon:
    """Return the starter lexicon, read from the YAML files of this package."""
    folder = resources.files("moderation.risk") / "lexicon"
    return load_files(
        {
            file.name: file.read_text(encoding="utf-8")
            for file in sorted(folder.iterdir(), key=lambda file: file.name)
            if file.name.endswith(".yaml")
        }
    )
