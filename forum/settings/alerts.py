"""Settings of alerts: who is told when, in which language."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator

from forum.targets import LadderMinutes, Rung, Target, TargetUrls


class AlertSettings(BaseModel):
    """The ladder of alerts, and the sign of life."""

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

    @field_validator("heartbeat_url")
    @classmethod
    def _check_heartbeat_url(cls, value: SecretStr) -> SecretStr:
        url = urlsplit(value.get_secret_value())
        if value.get_secret_value() and not (url.scheme in ("http", "https") and url.netloc):
            raise ValueError("write a whole address that begins with https://")
        return value

    @property
    def alert_targets(self) -> tuple[Target, ...]:
        """Every address for alerts, with its rung."""
        return tuple(
            Target(rung, url) for rung in Rung for url in getattr(self, f"alert_{rung.word}")
        )
