"""Where alerts go: rungs of the ladder, and the addresses on them as apprise writes them."""

import hashlib
import importlib
import logging
from dataclasses import dataclass
from enum import IntEnum
from types import ModuleType
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

LONGEST_LADDER_MINUTES = 10_000


class Rung(IntEnum):
    """Who is told, from the nearest to the last."""

    DESK = 0
    ON_DUTY = 1
    ON_CALL = 2
    LEADS = 3
    ADMINS = 4

    @property
    def word(self) -> str:
        """The rung's name in settings, metrics and forms."""
        return self.name.lower()


@dataclass(frozen=True)
class Target:
    """One address on a rung. The address holds secrets: it is never shown or logged."""

    rung: Rung
    url: SecretStr

    @property
    def key(self) -> str:
        """A short name that stays the same for the same address and does not tell it."""
        return hashlib.sha256(self.url.get_secret_value().encode()).hexdigest()[:8]

    @property
    def service(self) -> str:
        """The kind of service, such as "ntfy": the only part that may be shown."""
        return self.url.get_secret_value().split("://")[0].lower()


def load_apprise() -> ModuleType:
    """Import apprise, silenced: its own log lines name addresses with their secrets.

    It takes 0.3 s, which a process without targets need not wait for.
    """
    logging.getLogger("apprise").disabled = True
    return importlib.import_module("apprise")


def is_target(url: str) -> bool:
    """Return whether apprise can send to an address. Contacts nobody."""
    return load_apprise().Apprise.instantiate(url, suppress_exceptions=True) is not None


def _split_urls(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


def _check_urls(urls: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for number, url in enumerate(urls, 1):
        if not is_target(url.get_secret_value()):
            # The address itself is not told: it may hold a password.
            raise ValueError(f"apprise does not understand address {number} of {len(urls)}")
    return urls


def _split_minutes(value: object) -> object:
    return tuple(value.split(",")) if isinstance(value, str) else value


def _check_minutes(minutes: tuple[float, ...]) -> tuple[float, ...]:
    fits = len(minutes) == len(Rung) and list(minutes) == sorted(minutes)
    if not (fits and all(0 <= number <= LONGEST_LADDER_MINUTES for number in minutes)):
        raise ValueError("write five numbers of minutes with commas between, none falling")
    return minutes


# Settings: addresses with spaces between, and the minutes of the five rungs with commas between.
TargetUrls = Annotated[
    tuple[SecretStr, ...], NoDecode, BeforeValidator(_split_urls), AfterValidator(_check_urls)
]
LadderMinutes = Annotated[
    tuple[float, ...], NoDecode, BeforeValidator(_split_minutes), AfterValidator(_check_minutes)
]
