"""The texts of Teduh as translators have them: what the code holds now, and its catalogues."""

import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
INDONESIAN = ROOT / "forum/translations/id/LC_MESSAGES/messages.po"


def wanted_texts(folder: Path) -> Catalog:
    """Return the English texts that templates and code hold now, each with its places."""
    path = folder / "messages.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    command = [pybabel, "-q", "extract", "-F", "pyproject.toml", "-k", "_l", "-o", path, "."]
    subprocess.run(command, cwd=ROOT, check=True)
    with path.open("rb") as file:
        return read_po(file)


def indonesian_texts() -> Catalog:
    """Return the Indonesian catalogue."""
    with INDONESIAN.open("rb") as file:
        return read_po(file, locale="id")


def forms_of(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return all forms of an id or of a translation: one, or one for each number."""
    return (text,) if isinstance(text, str) else tuple(text)
