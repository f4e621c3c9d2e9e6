"""What is said about measures: why they are taken, and ready sentences to members."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from flask_babel import lazy_gettext as _l

from moderation.measures.models import MeasureKind, MeasureReason

# What a member reads as the reason.
REASONS = {
    MeasureReason.METHOD: _l("It names a way or a means of harm"),
    MeasureReason.PERSONAL_DATA: _l("It shows personal data"),
    MeasureReason.HEAVY: _l("It can be heavy for those who read"),
    MeasureReason.PUSHING: _l("It can push someone towards harm"),
    MeasureReason.HARASSMENT: _l("It can hurt another person here"),
    MeasureReason.DIAGNOSIS: _l("It gives a diagnosis or medicine advice"),
    MeasureReason.SPAM: _l("It advertises or leads elsewhere"),
    MeasureReason.OFF_TOPIC: _l("It does not fit this room"),
    MeasureReason.DUPLICATE: _l("The same text stands elsewhere"),
    MeasureReason.SAFE_AGAIN: _l("It can be read safely"),
}


@dataclass(frozen=True)
class Ready:
    """A ready sentence for one act and one reason, in both languages."""

    act: MeasureKind
    reason: MeasureReason
    text_id: str
    text_en: str

    def text(self, language: str) -> str:
        """Return the sentence in "id" or "en"."""
        return self.text_en if language == "en" else self.text_id


@cache
def ready_sentences() -> tuple[Ready, ...]:
    """Return the sentences of words.yaml, in its order."""
    path = Path(__file__).parent / "words.yaml"
    return tuple(
        Ready(MeasureKind(row["act"]), MeasureReason(row["reason"]), row["id"], row["en"])
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    )


def reasons_for(act: MeasureKind) -> list[MeasureReason]:
    """Return the reasons that an act can have: those that it has a ready sentence for."""
    return [ready.reason for ready in ready_sentences() if ready.act is act]


def ready_words(act: MeasureKind, reason: MeasureReason, language: str) -> str:
    """Return what a member is told where the moderator wrote nothing of their own."""
    # Hidden for now or hidden: to the writer it is the same.
    act = MeasureKind.HIDE if act is MeasureKind.HOLD else act
    return next(
        ready.text(language)
        for ready in ready_sentences()
        if (ready.act, ready.reason) == (act, reason)
    )
