"""One typed, frozen Settings, read from the environment; it refuses to start on nonsense."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from forum.targets import LadderMinutes, Rung, Target, TargetUrls

PACKAGE = Path(__file__).parent
MIN_SECRET_LENGTH = 32
# Memory, on Linux: the folder in it is made for the owner alone.
SHARED_MEMORY = "/dev/shm"  # noqa: S108
WRONG_HOURS = "write whole hours from 1 to 2160, such as 24,72,168"
WEAK_SECRETS = ("change", "secret", "password", "example", "teduh", "12345")


class SettingsError(Exception):
    """The settings make no sense. The message names each variable and says what to write."""


class Settings(BaseSettings):
    """Everything an operator can set. Each field says its environment variable as its alias.

    Values come from the environment, then from `.env` in the working folder, then from
    `demo.env` in the data folder, which `teduh up --demo` writes so that every later command
    finds the same system.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_file_encoding="utf-8", populate_by_name=True
    )

    database_url: str = Field(
        default="",
        alias="DATABASE_URL",
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME. "
        "Empty: SQLite in the data folder.",
    )
    redis_url: str = Field(
        default="",
        alias="REDIS_URL",
        description="redis://HOST:PORT/0 or unix:///PATH. Empty: no broker; posts are scanned "
        "by the sweep alone.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        alias="TEDUH_SECRET_KEY",
        description="At least 32 random characters. Signs forms and the language choice.",
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
        default=8000, alias="TEDUH_PORT", ge=1, le=65535, description="Port of the web server."
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
    staffed_hours: str = Field(
        default="20:00-24:00",
        alias="TEDUH_STAFFED_HOURS",
        description="Hours (WIB) in which volunteers are on duty each day, shown to members.",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$",
    )
    help_crisis_days: int = Field(
        default=30,
        alias="TEDUH_HELP_CRISIS_DAYS",
        ge=1,
        description="For how many days after its check a line may stand on a care card.",
    )
    help_days: int = Field(
        default=90,
        alias="TEDUH_HELP_DAYS",
        ge=1,
        description="The same for other entries of the help directory; older ones come last.",
    )
    help_silent: float = Field(
        default=3,
        alias="TEDUH_HELP_SILENT",
        gt=0,
        description="From how many calls without an answer on, half as many with each day, a line "
        "stands below the others.",
    )
    help_offline: bool = Field(
        default=True,
        alias="TEDUH_HELP_OFFLINE",
        description="1 keeps a copy of the help page on visitors' phones for when they have no "
        "connection. 0 takes it away again.",
    )
    crisis_minutes: int = Field(
        default=15, alias="TEDUH_CRISIS_MINUTES", ge=1, description="Target for crisis cases."
    )
    red_minutes: int = Field(
        default=60, alias="TEDUH_RED_MINUTES", ge=1, description="Target for red cases."
    )
    amber_minutes: int = Field(
        default=720, alias="TEDUH_AMBER_MINUTES", ge=1, description="Target for amber cases."
    )
    sample_percent: float = Field(
        default=3,
        alias="TEDUH_SAMPLE_PERCENT",
        ge=0,
        le=100,
        description="How many of a hundred posts without a flag a human reads, to measure misses.",
    )
    newcomer_days: int = Field(
        default=7,
        alias="TEDUH_NEWCOMER_DAYS",
        ge=0,
        description="For how many days an account is new: it writes slower, and its links wait "
        "for a human. 0: never.",
    )
    newcomer_posts: int = Field(
        default=3,
        alias="TEDUH_NEWCOMER_POSTS",
        ge=0,
        description="How many first posts of a new account a human reads.",
    )
    newcomer_cases: int = Field(
        default=30,
        alias="TEDUH_NEWCOMER_CASES",
        ge=1,
        description="As many of these wait on the desk at most; beyond it only what is held "
        "comes there.",
    )
    worries_per_day: int = Field(
        default=5,
        alias="TEDUH_WORRIES_PER_DAY",
        ge=1,
        description="How many worries of one member a day go ahead of other cases.",
    )
    proof_joins: int = Field(
        default=20,
        alias="TEDUH_PROOF_JOINS",
        ge=1,
        description="From how many sign-ups in ten minutes on a proof of work is asked.",
    )
    proof_failures: int = Field(
        default=50,
        alias="TEDUH_PROOF_FAILURES",
        ge=1,
        description="The same, for passphrases and codes that do not fit.",
    )
    claim_minutes: int = Field(
        default=10, alias="TEDUH_CLAIM_MINUTES", ge=1, description="How long a claim lasts."
    )
    draft_days: int = Field(
        default=14,
        alias="TEDUH_DRAFT_DAYS",
        ge=1,
        le=90,
        description="Days after which a draft that was not sent is erased.",
    )
    follow_up_hours: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(24, 72, 168),
        alias="TEDUH_FOLLOW_UP_HOURS",
        min_length=1,
        max_length=6,
        description="Hours after a red or crisis case at which someone writes again, with commas.",
    )
    follow_up_owner_minutes: int = Field(
        default=120,
        alias="TEDUH_FOLLOW_UP_OWNER_MINUTES",
        ge=0,
        description="How long a follow-up waits for its owner before anyone may take it.",
    )
    claim_limit_minutes: int = Field(
        default=60,
        alias="TEDUH_CLAIM_LIMIT_MINUTES",
        ge=1,
        description="How long an open page alone can keep a claim after the last act.",
    )
    hold_minutes: int = Field(
        default=240,
        alias="TEDUH_HOLD_MINUTES",
        ge=15,
        le=1440,
        description="The longest that an amber case is held for consulting.",
    )
    urgent_hold_minutes: int = Field(
        default=30,
        alias="TEDUH_URGENT_HOLD_MINUTES",
        ge=15,
        le=1440,
        description="The same for red and crisis.",
    )
    alert_desk: TargetUrls = Field(
        default=(),
        alias="TEDUH_ALERT_DESK",
        description="Addresses for alerts as apprise writes them, with spaces between: the team's "
        "own channel. A rung without one uses those of the next rung.",
    )
    alert_on_duty: TargetUrls = Field(
        default=(), alias="TEDUH_ALERT_ON_DUTY", description="The same: moderators on duty."
    )
    alert_on_call: TargetUrls = Field(
        default=(), alias="TEDUH_ALERT_ON_CALL", description="The same: everyone on call."
    )
    alert_leads: TargetUrls = Field(
        default=(), alias="TEDUH_ALERT_LEADS", description="The same: leads."
    )
    alert_admins: TargetUrls = Field(
        default=(), alias="TEDUH_ALERT_ADMINS", description="The same: admins."
    )
    alert_crisis_minutes: LadderMinutes = Field(
        default=(0, 2, 5, 10, 15),
        alias="TEDUH_ALERT_CRISIS_MINUTES",
        description="When an unclaimed crisis case reaches desk, on duty, on call, leads, admins.",
    )
    alert_red_minutes: LadderMinutes = Field(
        default=(0, 15, 30, 45, 60),
        alias="TEDUH_ALERT_RED_MINUTES",
        description="The same for an unclaimed red case.",
    )
    alert_repeat_minutes: float = Field(
        default=15,
        alias="TEDUH_ALERT_REPEAT_MINUTES",
        gt=0,
        description="At the top of the ladder everyone is told again this often.",
    )
    amber_alarm_minutes: int = Field(
        default=480,
        alias="TEDUH_AMBER_ALARM_MINUTES",
        ge=1,
        description="Age at which an unclaimed amber case raises an alarm.",
    )
    alert_language: Literal["id", "en"] = Field(
        default="id", alias="TEDUH_ALERT_LANGUAGE", description="Language of alerts: id or en."
    )
    heartbeat_url: SecretStr = Field(
        default=SecretStr(""),
        alias="TEDUH_HEARTBEAT_URL",
        description="Address of an outside dead-man's switch, asked for while all is well.",
    )
    heartbeat_seconds: int = Field(
        default=60, alias="TEDUH_HEARTBEAT_SECONDS", ge=1, description="How often."
    )
    undo_seconds: int = Field(
        default=10,
        alias="TEDUH_UNDO_SECONDS",
        ge=0,
        le=600,
        description="How long staff can undo an act; its member is told after that.",
    )
    appeal_days: int = Field(
        default=20,
        alias="TEDUH_APPEAL_DAYS",
        ge=1,
        le=3650,
        description="For how many days a member may appeal against a measure.",
    )
    appeal_hours: int = Field(
        default=72,
        alias="TEDUH_APPEAL_HOURS",
        ge=1,
        description="Target for the answer to an appeal.",
    )

    staff_idle_minutes: int = Field(
        default=60,
        alias="TEDUH_STAFF_IDLE_MINUTES",
        ge=10,
        le=720,
        description="Minutes after which a session of staff without an open desk or case ends.",
    )
    staff_hours: int = Field(
        default=12,
        alias="TEDUH_STAFF_HOURS",
        ge=1,
        le=24,
        description="Hours after which staff sign in anew, however busy they are.",
    )
    staff_fresh_minutes: int = Field(
        default=15,
        alias="TEDUH_STAFF_FRESH_MINUTES",
        ge=1,
        le=720,
        description="Minutes for which a second step is enough for what reaches far, such as "
        "putting rules in force or closing an account. After that it is asked for again.",
    )
    shift_minutes: int = Field(
        default=120,
        alias="TEDUH_SHIFT_MINUTES",
        ge=15,
        le=480,
        description="How long a shift lasts at most. Budgets of a shift count as far back.",
    )
    shift_rest_hours: float = Field(
        default=10,
        alias="TEDUH_SHIFT_REST_HOURS",
        ge=0,
        le=48,
        description="Hours between two shifts of one person. Less is possible, and recorded.",
    )
    shift_heavy_cases: int = Field(
        default=5,
        alias="TEDUH_SHIFT_HEAVY_CASES",
        ge=1,
        description="Red and crisis cases that one person takes in a shift at most.",
    )
    rest_minutes: float = Field(
        default=10,
        alias="TEDUH_REST_MINUTES",
        ge=0,
        description="Minutes after a red or crisis case in which nothing heavy is dealt.",
    )
    break_minutes: int = Field(
        default=50,
        alias="TEDUH_BREAK_MINUTES",
        ge=5,
        description="Minutes without a pause after which the desk proposes one.",
    )
    exposure_weights: Annotated[tuple[float, ...], NoDecode] = Field(
        default=(0.5, 1, 2, 3),
        alias="TEDUH_EXPOSURE_WEIGHTS",
        description="What a minute with a green, amber, red, crisis case counts, with commas.",
    )
    exposure_base_minutes: float = Field(
        default=2,
        alias="TEDUH_EXPOSURE_BASE_MINUTES",
        ge=0,
        description="Minutes that each case counts beside the time that it is in hand.",
    )
    exposure_case_minutes: float = Field(
        default=20,
        alias="TEDUH_EXPOSURE_CASE_MINUTES",
        gt=0,
        description="No more than this time with one case counts.",
    )
    exposure_shift: float = Field(
        default=240,
        alias="TEDUH_EXPOSURE_SHIFT",
        description="Weighted minutes that one person reads in a shift at most.",
    )
    exposure_week: float = Field(
        default=960,
        alias="TEDUH_EXPOSURE_WEEK",
        description="The same in seven days.",
    )
    certificate_days: int = Field(
        default=365,
        alias="TEDUH_CERTIFICATE_DAYS",
        ge=1,
        description="For how many days a training certificate is valid.",
    )
    certificate_notice_days: int = Field(
        default=14,
        alias="TEDUH_CERTIFICATE_NOTICE_DAYS",
        ge=1,
        description="How many days before its end its holder is told.",
    )
    first_people_days: int = Field(
        default=30,
        alias="TEDUH_FIRST_PEOPLE_DAYS",
        ge=1,
        description="For how many days the operator's word stands for a certificate.",
    )
    pass_percent: int = Field(
        default=80,
        alias="TEDUH_PASS_PERCENT",
        ge=1,
        le=100,
        description="How many of a hundred answers of a training test must be right.",
    )
    buddy_decisions: int = Field(
        default=10,
        alias="TEDUH_BUDDY_DECISIONS",
        ge=0,
        description="How many first decisions of a new volunteer a colleague looks at.",
    )
    buddy_hours: float = Field(
        default=24,
        alias="TEDUH_BUDDY_HOURS",
        gt=0,
        description="Hours after which a decision that nobody has looked at stands first.",
    )
    application_again_days: int = Field(
        default=90,
        alias="TEDUH_APPLICATION_AGAIN_DAYS",
        ge=1,
        description="After how many days somebody may ask again to become a volunteer.",
    )
    rota_least: int = Field(
        default=2,
        alias="TEDUH_ROTA_LEAST",
        ge=1,
        description="Fewer people than this in a slot of the rota are shown as a gap.",
    )
    rota_most: int = Field(
        default=4,
        alias="TEDUH_ROTA_MOST",
        ge=1,
        description="No more people than this sign up for a slot.",
    )

    exact_times_days: int = Field(
        default=7,
        alias="TEDUH_EXACT_TIMES_DAYS",
        ge=1,
        description="Days after which of a post's times only the day is kept.",
    )
    case_words_days: int = Field(
        default=365,
        alias="TEDUH_CASE_WORDS_DAYS",
        ge=30,
        description="Days after which a closed case loses its words: notes, messages, appeals.",
    )
    notice_days: int = Field(
        default=365,
        alias="TEDUH_NOTICE_DAYS",
        ge=30,
        description="Days after which news that a member has read is deleted.",
    )
    shift_words_days: int = Field(
        default=90,
        alias="TEDUH_SHIFT_WORDS_DAYS",
        ge=1,
        description="Days after which the answers at the end of a shift are deleted.",
    )
    export_hours: int = Field(
        default=48,
        alias="TEDUH_EXPORT_HOURS",
        ge=1,
        le=720,
        description="Hours for which a member can download a copy of their data.",
    )
    erase_hold_hours: int = Field(
        default=48,
        alias="TEDUH_ERASE_HOLD_HOURS",
        ge=0,
        le=71,
        description="The longest that an open red or crisis case holds up an erasure.",
    )
    erase_list: Path | None = Field(
        default=None,
        alias="TEDUH_ERASE_LIST",
        description="File that lists erased accounts, outside the database and its backups. "
        "Empty: erased.jsonl in the data folder.",
    )

    backup_dir: Path | None = Field(
        default=None,
        alias="TEDUH_BACKUP_DIR",
        description="Folder of the backups. Empty: backups in the data folder.",
    )
    backup_keep: int = Field(
        default=14, alias="TEDUH_BACKUP_KEEP", ge=1, description="How many backups are kept."
    )
    backup_key_file: Path | None = Field(
        default=None,
        alias="TEDUH_BACKUP_KEY_FILE",
        description="Public key that seals backups; its private half is kept elsewhere. "
        "Made by teduh backup key.",
    )
    backup_passphrase: SecretStr = Field(
        default=SecretStr(""),
        alias="TEDUH_BACKUP_PASSPHRASE",
        description="Seals backups too, if there is no key.",
    )

    @field_validator("erase_list", "backup_dir", "backup_key_file", mode="before")
    @classmethod
    def _no_path(cls, value: object) -> object:
        return value or None

    @field_validator("hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @field_validator("follow_up_hours", mode="before")
    @classmethod
    def _split_hours(cls, value: object) -> object:
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(",") if part.strip()]
            if not all(part.isdecimal() for part in parts):
                raise ValueError(WRONG_HOURS)
            return tuple(sorted({int(part) for part in parts}))
        return value

    @field_validator("follow_up_hours")
    @classmethod
    def _check_hours(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= hours <= 2_160 for hours in value):
            raise ValueError(WRONG_HOURS)
        return value

    @field_validator("exposure_weights", mode="before")
    @classmethod
    def _split_weights(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value

    @field_validator("exposure_weights")
    @classmethod
    def _check_weights(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if len(value) != 4 or list(value) != sorted(value) or value[0] <= 0:
            raise ValueError("write four numbers above 0 with commas between, none falling")
        return value

    @field_validator("heartbeat_url")
    @classmethod
    def _check_heartbeat_url(cls, value: SecretStr) -> SecretStr:
        url = urlsplit(value.get_secret_value())
        if value.get_secret_value() and not (url.scheme in ("http", "https") and url.netloc):
            raise ValueError("write a whole address that begins with https://")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("write redis://HOST:PORT/0 or unix:///PATH")
        return value

    @field_validator("quick_exit_url")
    @classmethod
    def _check_quick_exit_url(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("write a whole address that begins with https://")
        return value

    @model_validator(mode="after")
    def _check_budget(self) -> Self:
        heaviest = self.exposure_weights[-1] * (
            self.exposure_base_minutes + self.exposure_case_minutes
        )
        if not heaviest <= self.exposure_shift <= self.exposure_week:
            raise ValueError(
                f"TEDUH_EXPOSURE_SHIFT must leave room for one crisis case, which counts "
                f"{heaviest:g} at most, and TEDUH_EXPOSURE_WEEK for one shift"
            )
        return self

    @model_validator(mode="after")
    def _check_rota(self) -> Self:
        if self.rota_most < self.rota_least:
            raise ValueError("TEDUH_ROTA_MOST must not be below TEDUH_ROTA_LEAST")
        return self

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
    def erase_list_path(self) -> Path:
        """The list of erased accounts."""
        return self.erase_list or self.data_dir / "erased.jsonl"

    @property
    def backup_folder(self) -> Path:
        """The folder of the backups."""
        return self.backup_dir or self.data_dir / "backups"

    @property
    def asks_factor(self) -> bool:
        """Whether the desk opens to nobody without a second step: always, but for demos."""
        return self.demo_factor or not self.demo

    @property
    def site_url(self) -> str:
        """Where people find the site, without a slash at the end."""
        return f"https://{self.hosts[0]}" if self.https else f"http://{self.hosts[0]}:{self.port}"

    @property
    def alert_targets(self) -> tuple[Target, ...]:
        """Every address for alerts, with its rung."""
        return tuple(
            Target(rung, url) for rung in Rung for url in getattr(self, f"alert_{rung.word}")
        )

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
