"""Settings of what is kept: for how long, and in which backups."""

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr, field_validator


class KeepingSettings(BaseModel):
    """After how long times, words and accounts are gone, and where backups lie, sealed by what."""

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
