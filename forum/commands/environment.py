"""The settings that `teduh up` adds to what the operator has set, for its children and for later.

In demo mode they stay in `demo.env` in the data folder, where `load_settings` finds them: so
`teduh doctor` and `teduh simulate` talk to the system that runs.
"""

import hashlib
import os
import secrets
from pathlib import Path

from dotenv import dotenv_values

from forum.settings import Settings, find_folder

DEMO_FILE = "demo.env"
PREPARED_FILE = "prepared"


def own_broker_url(settings: Settings) -> str:
    """Return the address of the Valkey server that `teduh up` starts itself."""
    return f"unix://{settings.runtime_dir / 'valkey.sock'}"


def demo_secret(data_dir: Path) -> str:
    """Return the signing key of this demo, kept from run to run so that people stay signed in."""
    kept = dotenv_values(data_dir / DEMO_FILE).get("TEDUH_SECRET_KEY")
    return kept or secrets.token_urlsafe(48)


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that make every child read the very same settings."""
    return {
        "TEDUH_DATA_DIR": str(settings.data_dir.absolute()),
        "TEDUH_DEMO": "1" if settings.demo else "0",
        "TEDUH_HOST": settings.host,
        "TEDUH_PORT": str(settings.port),
        "TEDUH_SECRET_KEY": settings.secret_key.get_secret_value(),
        "REDIS_URL": settings.redis_url,
        "TEDUH_METRICS_SHARED": "1",
        # Must be known before the first import of the metrics library.
        "PROMETHEUS_MULTIPROC_DIR": str(settings.runtime_dir / "metrics"),
    }


def write_demo_file(settings: Settings) -> None:
    """Write demo.env, readable by its owner alone."""
    lines = [
        "# Written by `teduh up --demo` at each start. For this demo only.",
        "TEDUH_DEMO=1",
        f"TEDUH_SECRET_KEY={settings.secret_key.get_secret_value()}",
        f"REDIS_URL={settings.redis_url}",
        f"TEDUH_PORT={settings.port}",
    ]
    path = settings.data_dir / DEMO_FILE
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    fresh.replace(path)


def note_prepared(settings: Settings) -> None:
    """Note that the database has the schema and the content of this version of Teduh."""
    (settings.data_dir / PREPARED_FILE).write_text(_describe_preparation(settings))


def is_prepared(settings: Settings) -> bool:
    """Whether `note_prepared` was called for this very database and this version of Teduh.

    A hint that saves a second at each start: who trusts it must bear to be wrong.
    """
    path = settings.data_dir / PREPARED_FILE
    return path.exists() and path.read_text() == _describe_preparation(settings)


def _describe_preparation(settings: Settings) -> str:
    """Return a hash of where the database is and of which migrations there are."""
    revisions = sorted(path.name for path in (find_folder("migrations") / "versions").glob("*.py"))
    parts = [settings.sqlalchemy_url, str(settings.demo), *revisions]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
