"""Settings of the desk: help that members see, targets, claims, and how measures are taken back."""

from typing import Annotated

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import NoDecode

WRONG_HOURS = "write whole hours from 1 to 2160, such as 24,72,168"


class HelpSettings(BaseModel):
    """When volunteers are there, and how long a line of the help directory counts as checked."""

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


class DeskSettings(BaseModel):
    """What comes to the desk, how soon it is due, and how long it stays with one person."""

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


class MeasureSettings(BaseModel):
    """Undoing a measure, and appealing against it."""

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
