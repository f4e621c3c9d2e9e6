"""Who still has to approve a text before launch, as words; docs/content-review.md is the list."""

from flask_babel import lazy_gettext as _l

REVIEWERS = {
    "clinician": _l("a clinician"),
    "lawyer": _l("a lawyer"),
    "native_speaker": _l("a native speaker"),
}
