"""One typed, frozen Settings, read from the environment; it refuses to start on nonsense."""

import os
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from forum.settings.alerts import AlertSettings
from forum.settings.desk import DeskSettings, HelpSettings, MeasureSettings
from forum.settings.keeping import KeepingSettings
from forum.settings.server import ServerSettings
from forum.settings.team import ShiftSettings, TrainingSettings

PACKAGE = Path(__file__).parents[1]
# By the last word of a setting's name: beyond these, sums with dates end in an error.
LARGEST = {"minutes": 525_600, "hours": 8_760, "days": 3_650}
LARGEST_NUMBER = 1_000_000_000


class SettingsError(Exception):
    """The settings make no sense. The message names each variable and says what to write."""


# pydantic takes the fields of the last base first, which is their order in docs/settings.md too.
class Settings(
    KeepingSettings,
    TrainingSettings,
    ShiftSettings,
    MeasureSettings,
    AlertSettings,
    DeskSettings,
    HelpSettings,
    ServerSettings,
    BaseSettings,
):
    """Everything an operator can set. Each field says its environment variable as its alias.

    Values come from the environment, then from `.env` in the working folder, then from
    `demo.env` in the data folder, which `teduh up --demo` writes so that every later command
    finds the same system. `up` and `migrate` refuse a folder that only this file calls a demo.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file_encoding="utf-8",
        populate_by_name=True,
        allow_inf_nan=False,
    )

    @field_validator("*")
    @classmethod
    def _check_size(cls, value: object, info: ValidationInfo) -> object:
        unit = str(info.field_name).rpartition("_")[2]
        largest = LARGEST.get(unit, LARGEST_NUMBER)
        if isinstance(value, int | float) and value > largest:
            raise ValueError(f"write {largest} at most")
        return value

    @property
    def erase_list_path(self) -> Path:
        """The list of erased accounts."""
        return self.erase_list or self.data_dir / "erased.jsonl"

    @property
    def backup_folder(self) -> Path:
        """The folder of the backups."""
        return self.backup_dir or self.data_dir / "backups"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Takes values that win over the environment, by field name. Returns frozen Settings.
    Raises SettingsError, one line per wrong variable.
    """
    named = os.environ.get("TEDUH_DATA_DIR") or dotenv_values(".env").get("TEDUH_DATA_DIR")
    data_dir = Path(str(overrides.get("data_dir") or named or "var"))
    try:
        return Settings(_env_file=(data_dir / "demo.env", ".env"), **overrides)  # type: ignore[call-arg]
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = str(problem["loc"][0]) if problem["loc"] else ""
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {message}" if name else message)
        raise SettingsError("\n".join(lines)) from None


def find_folder(name: str) -> Path:
    """Return the folder `templates` or `migrations`: inside the wheel, else beside the package."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
