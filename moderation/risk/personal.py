"""Find personal data: identity numbers, telephone numbers, addresses and accounts.

Each detector runs on the cleaned text, so look-alike digits and invisible characters do not hide
a number. What it found is never repeated in the reason. Numbers of help lines are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from moderation.risk.categories import CATEGORIES
from moderation.risk.hits import Hit
from moderation.risk.normalise import Cleaned, clean

# Help lines of Indonesia and of English-speaking countries (``risk-lexicon.md`` section 5).
HELP_LINES = frozenset(
    {"119", "112", "129", "08111129129", "628111129129", "08001500119", "988", "116123"}
)
# Who may be called on with an @ in a forum without giving anybody's account away.
_STAFF = frozenset(
    {
        "admin",
        "admins",
        "moderator",
        "moderators",
        "mod",
        "mods",
        "all",
        "teduh",
        "everyone",
        "semua",
        "here",
        "helper",
        "relawan",
    }
)

_SPELLED = {
    "nol": "0", "kosong": "0", "satu": "1", "dua": "2", "tiga": "3", "empat": "4", "lima": "5",
    "enam": "6", "tujuh": "7", "delapan": "8", "sembilan": "9", "zero": "0", "one": "1",
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9",
}  # fmt: skip

_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d(?:[ .()-]{0,2}\d){6,18}(?![\w])")
# A word of digits and o's: "o812", "789o".
_WITH_O = re.compile(r"(?<!\w)(?=o*\d)[\do]+(?!\w)")
_SPELLED_NUMBER = re.compile(rf"\b(?:(?:{'|'.join(_SPELLED)})\b[\s,.-]{{0,3}}){{9,16}}")
_SPELLED_DIGIT = re.compile("|".join(_SPELLED))
# Account numbers of Indonesian banks have ten digits and more; a sum that long is rare.
_BANK_NUMBER = re.compile(
    r"\b(?:no\.? ?rek|norek|rek|rekening(?:ku|nya)?|bca|bri|bni|bsi|btn|mandiri|cimb|permata)\b"
    r"[^\d\n]{0,20}(?P<number>(?<!\d)\d(?:[ -]?\d){9,17})(?!\w)"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
_ENDING = r"(?:com|net|org|edu|info|id|co|ac|sch|go|my|sg|io|me|app)\b"
_DOT = r"(?: ?[(\[](?:dot|titik)[)\]] ?| (?:dot|titik) )"
_HOST = r"(?:gmail|googlemail|ymail|yahoo|hotmail|outlook|icloud|live|proton(?:mail)?)"
# "look at example.com" is none: with a bare "at" the dot is a word too, or it is a mail host.
_SPOKEN_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}(?:"
    rf"(?: ?[(\[](?:at|et)[)\]] ?| ?@ ?)[\w-]{{1,63}}(?:(?:\.|{_DOT}){_ENDING}){{1,2}}"
    rf"| (?:at|et) (?:[\w-]{{1,63}}{_DOT}|{_HOST} ?\.){_ENDING}(?:(?:\.|{_DOT}){_ENDING})?)"
)
_HANDLE = re.compile(r"(?<![\w@.+-])@(?=[\w.]*[a-z])[\w.]{3,30}(?<!\.)")
_LINK = re.compile(
    r"\b(?:wa\.me|t\.me|line\.me|m\.me|discord\.gg|(?:instagram|tiktok|facebook|twitter|x)\.com)"
    r"/[\w.@?=/+~-]{2,80}"
)
_APP = (
    r"(?:ig|insta|instagram|line|telegram|tele|discord|tiktok|twitter|fb|facebook|wechat"
    r"|snapchat|snap)"
)
_WHOSE = r"(?: ?(?:id|ku|gw|gue|aku|saya|nya|is|namanya)\b){0,2}"
# What is an account without a sign before it: with a digit, "_" or a dot inside. No handle are
# "teman2" (twice the word), "jam10", "2jam" and "aku.terus", where a blank was forgotten.
_BARE_HANDLE = (
    r"(?![a-z]+2(?:an|nya|ku|mu|in)?\b)"
    r"(?!(?:jam|kelas|sd|smp|sma|umur|tahun|hari|tgl|bab|part|versi)\d)"
    r"(?!(?:aku|saya|gw|gue|dia|ini|itu|terus|tapi)\.)"
    r"(?=[\w.]*(?:[\d_]|\.\w))(?=[\w.]*[a-z])[a-z_][\w.]{2,29}(?<!\.)"
)
_NAMED = re.compile(
    rf"\b{_APP}{_WHOSE} ?[:=] ?@?[\w.]{{3,30}}"
    rf"|\b{_APP}{_WHOSE} @?{_BARE_HANDLE}"
    rf"|(?<![\w@.+-]){_BARE_HANDLE} (?:di|on|at) {_APP}\b"
)
_STREET = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang|komplek|perum|perumahan)\.? [a-z][\w. ]{1,40}?"
    r"[ ,]{1,2}(?:no|nmr|nomor|blok)\b\.? ?\w{0,3}\d{1,4}\b"
)
_NEIGHBOURHOOD = re.compile(r"\brt\.? ?\d{1,3} ?[/,]? ?rw\.? ?\d{1,3}\b")
_ENGLISH_STREET = re.compile(
    r"\b\d{1,5}[a-z]? (?:[a-z]{2,20} ){1,3}"
    r"(?:street|avenue|ave|road|lane|drive|boulevard|terrace)\b"
)
_SHAPES = {
    "pii-email": (_SPOKEN_EMAIL,),
    "pii-account": (_LINK, _NAMED),
    "pii-address": (_STREET, _NEIGHBOURHOOD, _ENGLISH_STREET),
}
# Without one of these nothing above can match, and most posts have none.
_WORTH_A_LOOK = re.compile(rf"[\d@/:=_]|[(\[](?:at|et)|\b(?:at|et|dot|titik|{_APP})\b")

_REASONS = {
    "pii-identity-number": "looks like an identity number",
    "pii-phone": "looks like a telephone number",
    "pii-phone-in-words": "looks like a telephone number in words",
    "pii-email": "looks like an e-mail address",
    "pii-account": "looks like an account name, a bank account or a link to a chat",
    "pii-address": "looks like a street address",
}
RULES = frozenset(_REASONS)


def find_personal_data(cleaned: Cleaned) -> list[Hit]:
    """Return the hits for personal data in a text, in order; none overlap."""
    hits: list[Hit] = []
    for rule, start, end in sorted(_detect(cleaned.text), key=lambda found: found[1:]):
        if not hits or start >= hits[-1].end:
            level = CATEGORIES["PII"].base
            hits.append(Hit(rule, "PII", level, start, end, "raw", _REASONS[rule]))
    return hits


def personal_places(text: str) -> list[tuple[str, int, int]]:
    """Return rule, start and end (code points of the text as it is) of each place, in order."""
    cleaned = clean(text)
    return [(hit.rule, *cleaned.span(hit.start, hit.end)) for hit in find_personal_data(cleaned)]


def _detect(text: str) -> Iterator[tuple[str, int, int]]:
    yield from _spelled_numbers(text)
    if _WORTH_A_LOOK.search(text) is None:
        return
    yield from _numbers(_WITH_O.sub(lambda found: found.group().replace("o", "0"), text))
    if "@" in text:
        for found in _EMAIL.finditer(text):
            yield "pii-email", *found.span()
        for found in _HANDLE.finditer(text):
            if found.group()[1:] not in _STAFF:
                yield "pii-account", *found.span()
    for rule, expressions in _SHAPES.items():
        for expression in expressions:
            for found in expression.finditer(text):
                yield rule, *found.span()


def _spelled_numbers(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _SPELLED_NUMBER.finditer(text):
        words = _SPELLED_DIGIT.findall(found.group())
        digits = "".join(map(_SPELLED.__getitem__, words))
        end = found.start() + len(found.group().rstrip(" \n,.-"))
        if len(digits) == 16 and _has_birth_date(digits):
            yield "pii-identity-number", found.start(), end
        elif digits.startswith(("0", "62")) and digits not in HELP_LINES:
            yield "pii-phone-in-words", found.start(), end


def _numbers(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _NUMBER.finditer(text):
        rule = _judge_number(found.group())
        if rule:
            yield rule, *found.span()
    # After the others, which win where both see the same digits.
    for found in _BANK_NUMBER.finditer(text):
        yield "pii-account", *found.span("number")


def _judge_number(written: str) -> str:
    """Return the rule a run of digits breaks, empty for a harmless one."""
    digits = "".join(char for char in written if char.isdecimal())
    if digits in HELP_LINES:
        return ""
    if len(digits) == 16 and _has_birth_date(digits):
        return "pii-identity-number"
    return "pii-phone" if _is_phone(written, digits) else ""


def _has_birth_date(digits: str) -> bool:
    """Tell whether 16 digits have the shape of an NIK.

    Six digits of the district (provinces 11 to 94), then day, month and year of birth; 40 is
    added to the day for women (Permendagri 72/2022 and common knowledge of the number).
    """
    province, day, month = int(digits[:2]), int(digits[6:8]), int(digits[8:10])
    return 11 <= province <= 94 and (1 <= day <= 31 or 41 <= day <= 71) and 1 <= month <= 12


def _is_phone(written: str, digits: str) -> bool:
    # Indonesian mobile numbers, also ones phonenumbers does not know as assigned.
    local = digits.removeprefix("62") if digits.startswith("628") else digits.removeprefix("0")
    if local != digits and local.startswith("8") and 8 <= len(local) <= 12:
        return True
    if not written.startswith(("+", "0", "(0")) and not re.fullmatch(
        r"\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}", written
    ):
        return False
    region = "ID" if digits.startswith("0") else "US"
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)
