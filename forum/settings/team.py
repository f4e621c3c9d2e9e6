"""Settings of the people who answer: sessions, shifts, doses of reading, training, the rota."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_settings import NoDecode


class ShiftSettings(BaseModel):
    """How long staff are signed in and on a shift, and how much one of them reads."""

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


class TrainingSettings(BaseModel):
    """Certificates, first decisions of somebody new, applications and the rota."""

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

    @model_validator(mode="after")
    def _check_rota(self) -> Self:
        if self.rota_most < self.rota_least:
            raise ValueError("TEDUH_ROTA_MOST must not be below TEDUH_ROTA_LEAST")
        return self
