"""Settings of the server: where it keeps what, whom it answers, how many processes it has."""

import hashlib
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

HOST_NAME = re.compile(r"\w[\w.-]*|\[[\da-fA-F:.]+\]")
MIN_SECRET_LENGTH = 32
# Memory, on Linux: the folder in it is made for the owner alone.
SHARED_MEMORY = "/dev/shm"  # noqa: S108
LAST_PORT = 65_535
WEAK_SECRETS = ("change", "secret", "password", "example", "teduh", "12345")


class ServerSettings(BaseModel):
    """Database, broker, keys, addresses and processes."""

    database_url: str = Field(
        default="",
        alias="DATABASE_URL",
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME. "
        "Empty: SQLite in the data folder.",
    )
    redis_url: str = Field(
        default="",
        alias="REDIS_URL",
        description="redis://HOST:PORT/0 or unix:///PATH. Empty: `teduh up` starts one of its "
        "own; processes started one by one have none, and the sweep alone scans.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        alias="TEDUH_SECRET_KEY",
        description="At least 32 random characters. Signs forms and cookies, and seals the code "
        "apps of staff: keep it, a new one makes them worthless.",
    )
    demo: bool = Field(
        default=False,
        alias="TEDUH_DEMO",
        description="1 shows demo logins and allows demo data. Never for real people.",
    )
    demo_factor: bool = Field(
        default=False,
        alias="TEDUH_DEMO_FACTOR",
        description="1 asks the staff of a demo for a second step too. Everywhere else it is "
        "always asked for.",
    )
    data_dir: Path = Field(
        default=Path("var"), alias="TEDUH_DATA_DIR", description="Folder of the SQLite database."
    )
    host: str = Field(
        default="127.0.0.1", alias="TEDUH_HOST", description="Address that the web server binds."
    )
    port: int = Field(
        default=8000, alias="TEDUH_PORT", ge=1, le=LAST_PORT, description="Port of the web server."
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("localhost", "127.0.0.1"),
        alias="TEDUH_HOSTS",
        description="Host names that the site answers to, with commas between them. Alerts link to "
        "the first.",
    )
    https: bool = Field(
        default=False,
        alias="TEDUH_HTTPS",
        description="1 where visitors arrive over TLS: secure cookies and HSTS.",
    )
    proxies: int = Field(
        default=0,
        alias="TEDUH_PROXIES",
        ge=0,
        le=5,
        description="How many reverse proxies of yours stand in front. 0 ignores X-Forwarded-For.",
    )
    web_workers: int = Field(
        default=2, alias="TEDUH_WEB_WORKERS", ge=1, le=64, description="Web processes."
    )
    web_threads: int = Field(
        default=16, alias="TEDUH_WEB_THREADS", ge=1, le=512, description="Threads per process."
    )
    desk_streams: int = Field(
        default=6,
        alias="TEDUH_DESK_STREAMS",
        ge=0,
        le=256,
        description="Open pages of the desk that hear of news at once, per web process; at most "
        "half of its threads. Others ask every 20 seconds.",
    )
    scan_workers: int = Field(
        default=2, alias="TEDUH_SCAN_WORKERS", ge=1, le=64, description="Scanning processes."
    )
    scan_grace: float = Field(
        default=10,
        alias="TEDUH_SCAN_GRACE",
        ge=0,
        description="Seconds after which a room may show a post that no worker has scanned.",
    )
    quick_exit_url: str = Field(
        default="https://id.wikipedia.org/wiki/Cuaca",
        alias="TEDUH_QUICK_EXIT_URL",
        description="A plain page where the quick exit leads.",
    )
    source_url: str = Field(
        default="",
        alias="TEDUH_SOURCE_URL",
        description="Where visitors find the source of the version that runs (AGPL, section 13).",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        alias="TEDUH_METRICS_TOKEN",
        description="Bearer token for /metrics. Empty: /metrics is off outside demo mode.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", alias="TEDUH_LOG_LEVEL", description="debug, info, warning or error."
    )
    metrics_shared: bool = Field(
        default=False,
        alias="TEDUH_METRICS_SHARED",
        description="1 where PROMETHEUS_MULTIPROC_DIR joins several web processes; set by up.",
    )

    @field_validator("hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(HOST_NAME.fullmatch(host) for host in value):
            raise ValueError(
                "write host names alone with commas between, such as teduh.example.org: "
                "no https://, no port, no path"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            url = None
        is_known = value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://"))
        # Each process would have another database in memory.
        is_place = url is not None and url.database not in (None, "", ":memory:")
        if url is None or not is_known or not is_place or (url.port or 0) > LAST_PORT:
            raise ValueError("write sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: str) -> str:
        how = "write redis://HOST:PORT/0 or unix:///PATH"
        try:
            url = urlsplit(value)
            # To ask for a port that is none raises ValueError.
            is_known = url.scheme in ("redis", "rediss", "unix") and url.port != 0
        except ValueError:
            raise ValueError(how) from None
        if value and not is_known:
            raise ValueError(how)
        return value

    @field_validator("quick_exit_url")
    @classmethod
    def _check_quick_exit_url(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("write a whole address that begins with https://")
        return value

    @model_validator(mode="after")
    def _check_secret(self) -> Self:
        secret = self.secret_key.get_secret_value()
        if self.demo:
            return self
        how = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        if len(secret) < MIN_SECRET_LENGTH:
            raise ValueError(
                f"TEDUH_SECRET_KEY needs {MIN_SECRET_LENGTH} characters or more; {how}"
            )
        if len(set(secret)) < 12 or any(word in secret.lower() for word in WEAK_SECRETS):
            raise ValueError(f"TEDUH_SECRET_KEY is too easy to guess; {how}")
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The database as SQLAlchemy wants it, with psycopg 3 named."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'teduh.db').absolute()}"
        if self.database_url.startswith("postgresql://"):
            return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        return self.database_url

    @property
    def asks_factor(self) -> bool:
        """Whether the desk opens to nobody without a second step: always, but for demos."""
        return self.demo_factor or not self.demo

    @property
    def site_url(self) -> str:
        """Where people find the site, without a slash at the end."""
        return f"https://{self.hosts[0]}" if self.https else f"http://{self.hosts[0]}:{self.port}"

    @property
    def celery_broker_url(self) -> str:
        """The broker as Celery wants it: a unix socket has another scheme there."""
        return self.redis_url.replace("unix://", "redis+socket://", 1)

    @property
    def runtime_dir(self) -> Path:
        """Folder for sockets and short-lived keys, in memory where the machine has such a place.

        It is named after the data folder, is open to its owner alone, and no backup sees it.
        """
        base = next(
            (
                p
                for p in (os.environ.get("XDG_RUNTIME_DIR"), SHARED_MEMORY)
                if p and os.access(p, 7)
            ),
            tempfile.gettempdir(),
        )
        mark = hashlib.sha256(str(self.data_dir.absolute()).encode()).hexdigest()[:12]
        folder = Path(base) / f"teduh-{os.getuid()}-{mark}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def flask_secret(self) -> str:
        """The signing key; in a demo without one, a random key of this process."""
        return self.secret_key.get_secret_value() or secrets.token_hex(32)
