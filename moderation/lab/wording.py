"""How the engine read a text, in the words of the page's language."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from moderation.risk import views
from moderation.risk.assess import Match

# The engine's own words are in moderation.risk.views, in English; these complete "read as ...".
VIEW_WORDS = {
    views.RAW: _l("as written"),
    views.AFFIX: _l("as a form of a root"),
    views.CLEAN: _l("after reading look-alike and invisible characters"),
    views.NORM: _l("after writing out short forms"),
    views.SQUASH: _l("after shortening stretched letters"),
    views.REPEAT: _l("after reading 2 as a repetition"),
    views.LEET: _l("after reading digits and signs as letters"),
    views.JOIN: _l("after joining spaced letters"),
    views.SPLIT: _l("after splitting words written together"),
    views.CRUMBS: _l("after joining pieces of a word"),
    views.MASK: _l("after filling in masked letters"),
    views.GLUED: _l("after parting words written without blanks"),
}
# Personal data has no rule page; its kinds are fixed in moderation.risk.personal.
PERSONAL_DATA = {
    "pii-identity-number": _l("looks like an identity number"),
    "pii-phone": _l("looks like a telephone number"),
    "pii-phone-in-words": _l("looks like a telephone number in words"),
    "pii-email": _l("looks like an e-mail address"),
    "pii-account": _l("looks like an account name, a bank account or a link to a chat"),
    "pii-address": _l("looks like a street address"),
}


def explain_reading(match: Match) -> str:
    """Return how the words of a match were read: "read as `bundir` after joining letters"."""
    if match.rule in PERSONAL_DATA:
        return str(PERSONAL_DATA[match.rule])
    if not match.read:
        return _("several signs together")
    return _("read as “%(words)s” %(how)s", words=match.read, how=VIEW_WORDS[match.view])
