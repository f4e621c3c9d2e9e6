"""Build hook: compiles the message catalogues, which are kept in git as text only."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUES = "forum/translations"


class CatalogueHook(BuildHookInterface[BuilderConfig]):
    """Makes messages.mo beside every messages.po, for wheels and editable installs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile all catalogues before the build collects its files."""
        compile_catalogues(Path(self.root) / CATALOGUES)


def compile_catalogues(folder: Path) -> None:
    """Compile every .po below the folder. Fuzzy entries stay out: they are guesses."""
    for source in folder.rglob("*.po"):
        with source.open("rb") as text:
            catalogue = read_po(text)
        # What is half written would break a process that starts just now.
        fresh = source.with_suffix(".mo.new")
        with fresh.open("wb") as compiled:
            write_mo(compiled, catalogue)
        fresh.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    compile_catalogues(Path(__file__).parent / CATALOGUES)
