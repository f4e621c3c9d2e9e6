"""Where alerts go: rungs of the ladder, and the addresses on them as apprise writes them."""

import hashlib
import importlib
import logging
from dataclasses import dataclass
from enum import IntEnum
from types import ModuleType

from pydantic import SecretStr


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
