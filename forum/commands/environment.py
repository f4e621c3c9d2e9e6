"""The settings that `teduh up` adds to what the operator has set, for its children and for later.

In demo mode they stay in `demo.env` in the data folder, where `load_settings` finds them: so
`teduh doctor` and `teduh simulate` talk to the system that runs.
"""

import os
import secrets
from pathlib import Path

from dotenv import dotenv_values

from forum.settings import Settings

DEMO_FILE = "demo.env"


def own_broker_url(settings: Settings) -> str:
    """Return the address of the Valkey server that `teduh up` starts itself."""
    return f"unix://{settings.runtime_dir / 'valkey.sock'}"


def demo_secret(data_dir: Path) -> str:
    """Return the signing key of this demo, kept from run to run so that people stay signed in."""
    kept = dotenv_values(data_dir / DEMO_FILE).get("TEDUH_SECRET_KEY")
    return kept or secrets.token_urlsafe(48)


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that make everything loaded from now on read the very same settings."""
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
