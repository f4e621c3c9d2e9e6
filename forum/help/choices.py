"""What members can choose from on the pages of help, and how it is called."""

from flask_babel import lazy_gettext as _l

NEEDS = {
    "listening": _l("Someone who listens"),
    "emergency": _l("Danger or injury"),
    "violence": _l("Violence"),
    "children": _l("Children"),
    "treatment": _l("Treatment"),
    "abroad": _l("Help abroad"),
    "community": _l("Company"),
    "learning": _l("Learning"),
}
LANGUAGES = {"id": _l("Indonesian"), "en": _l("English")}
WAYS = {
    "phone": _l("Phone"),
    "chat": _l("Chat"),
    "sms": _l("SMS"),
    "web": _l("Website"),
    "visit": _l("Going there"),
}
# What somebody looks for on the way to professionals, and which ways lead there, the first first.
REASONS = {
    "danger": _l("I am not safe now, or I am hurt"),
    "talk": _l("I want to talk to somebody now"),
    "weeks": _l("It has been heavy for weeks: sleep, food, getting up"),
    "voices": _l("I hear or see what others don't"),
    "violence": _l("Somebody hurts me, or I saw it"),
    "child": _l("It is about a child"),
    "medicine": _l("A question about medicine"),
    "someone": _l("I am worried about somebody else"),
}
ROUTES_FOR = {
    "danger": ("igd", "telepon"),
    "talk": ("telepon", "puskesmas"),
    "weeks": ("puskesmas", "bpjs", "telepon"),
    "voices": ("igd", "puskesmas", "spesialis"),
    "violence": ("telepon", "igd", "puskesmas"),
    "child": ("telepon", "puskesmas", "igd"),
    "medicine": ("spesialis", "puskesmas"),
    "someone": ("telepon", "igd", "puskesmas"),
}
# Which lines of the directory belong to a reason; the others ask for someone who listens.
NEED_OF = {"danger": "emergency", "violence": "violence", "child": "children"}
ROUTES = {
    "puskesmas": _l("Puskesmas or family doctor"),
    "bpjs": _l("With BPJS to a psychiatrist"),
    "igd": _l("Emergency room"),
    "telepon": _l("Help lines"),
    "spesialis": _l("Psychologist or psychiatrist"),
}
# Entries of the directory that a route is about.
ENTRIES_OF = {
    "puskesmas": "puskesmas",
    "bpjs": "bpjs-route",
    "igd": "igd-terdekat",
    "spesialis": "rs-jiwa-rsud",
}
