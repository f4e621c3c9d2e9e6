"""Cleaning keeps the way back; tokens and views read what people write."""

from __future__ import annotations

import pytest

from moderation.risk.affixes import expand
from moderation.risk.normalise import COMMA, END, LINE, PLAIN, classify, clean, tokenise
from moderation.risk.segment import segment
from moderation.risk.spelling import Spellings, align, may_be_leet
from moderation.risk.views import LEET, MASK, SQUASH
from moderation.risk.vocabulary import Vocabulary


def words(text: str) -> list[str]:
    return [token.core for token in tokenise(clean(text).text)]


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("Mati", "mati"),
        ("m\u200ba\u00adt\u2060i\ufeff", "mati"),
        ("m\u0430t\u0456", "mati"),
        ("p\u00e9\u0301h", "peh"),
        ("\uff4d\uff41\uff54\uff49", "mati"),
        ("\U0001d426\U0001d41a\U0001d42d\U0001d422", "mati"),
        ("\u1d0d\u1d00\u1d1b\u026a", "mati"),
        ("\U0001f1f2\U0001f170\U0001f163\U0001f158", "mati"),
        ("don\u2019t", "don't"),
        ("a\u00a0b", "a b"),
        ("m\x00ati", "mati"),
    ],
)
def test_cleaning_reads_what_the_eye_reads(written: str, cleaned: str) -> None:
    assert clean(written).text == cleaned


def test_plain_ascii_needs_no_map() -> None:
    assert clean("Aku mau tidur.\n").origin is None


def test_span_goes_back_to_the_original() -> None:
    written = "x m\u200b\u0430\u0301ti\u0301\u200b y"
    cleaned = clean(written)
    at = cleaned.text.index("mati")
    start, end = cleaned.span(at, at + 4)
    assert written[start:end] == "m\u200b\u0430\u0301ti\u0301"


def test_one_sign_may_become_several_letters() -> None:
    cleaned = clean("\ufb01x")
    assert cleaned.text == "fix"
    assert cleaned.span(0, 1) == (0, 1)
    assert cleaned.span(2, 3) == (1, 2)


def test_a_lone_surrogate_is_no_letter() -> None:
    assert words("a\ud800b") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("mati-matian", ["mati", "matian"]),
        ("b*ndir, s/h", ["b*ndir", "s", "h"]),
        ("**mati**", ["mati"]),
        ("mau mat! dong!", ["mau", "mat", "dong"]),
        ("i'm d0ne", ["i'm", "d0ne"]),
        ("\U0001f52a!", ["<e:knife>"]),
    ],
)
def test_tokens(text: str, cut: list[str]) -> None:
    assert words(text) == cut


@pytest.mark.parametrize(
    ("between", "kind"),
    [
        (" ", PLAIN),
        ("-", PLAIN),
        (".", PLAIN),
        (" ... ", PLAIN),
        ("\n", LINE),
        (", ", COMMA),
        (". ", END),
        ("?", END),
        ("\n\n", END),
        (" " * 40, PLAIN),
        (" " * 40 + "?", END),
        ("." * 40, PLAIN),
    ],
)
def test_what_parts_two_tokens(between: str, kind: int) -> None:
    assert classify(between) == kind


def test_leet_is_for_mixed_tokens_only() -> None:
    assert may_be_leet("m4ti")
    assert not may_be_leet("malam")
    assert not may_be_leet("08123456")
    assert not may_be_leet("a0812345")
    assert not may_be_leet("s1")


def test_spellings_of_a_word() -> None:
    spellings = Spellings({"mati", "kill", "malam", "saat"}, {"mati", "kill"})
    assert spellings.read("m4t1") == {"mati": LEET}
    assert spellings.read("matiiii") == {"mati": SQUASH}
    assert spellings.read("kiiilll") == {"kill": SQUASH}
    assert spellings.read("k1ll") == {"kill": LEET}
    assert spellings.read("m*ti") == {"mati": MASK}
    assert spellings.read("m*t*") == {"mati": MASK}
    assert spellings.read("k*a*s") == {}
    assert spellings.read("kil") == {}
    assert spellings.read("sat") == {}
    assert "mati" not in spellings.read("malam")


def test_alignment_needs_every_letter() -> None:
    assert align("mti", "mati") is None
    assert align("matis", "mati") is None
    assert align("mati", "mati") == 0


def vocabulary(*known: str) -> Vocabulary:
    return Vocabulary(
        words={word: (number,) for number, word in enumerate(known)},
        roots={},
        prefixes={},
        slang={},
        strong=set(known),
        everyday=(),
        anchored={},
        anchored_idioms={},
    )


def test_letters_without_blanks_are_parted() -> None:
    known = vocabulary("pengen", "mati")
    assert segment("akupengenmati", known) == [(0, 3), (3, 9), (9, 13)]
    assert segment("xqzvwkrtmati", known) == []


def test_an_ordinary_long_word_stays_whole() -> None:
    assert segment("mempertanggungjawabkan", vocabulary("mati", "bunuh")) == []


def test_forms_of_a_root() -> None:
    bunuh, sayat, akhir = expand("bunuh"), expand("sayat"), expand("akhir")
    assert {"bunuh", "membunuh", "ngebunuh", "dibunuh", "bunuhin", "bunuhku"} <= set(bunuh)
    assert {"nyayat", "menyayat", "disayat"} <= set(sayat)
    assert {"mengakhiri", "ngakhirin", "akhirin", "diakhiri"} <= set(akhir)
    assert "pengen" not in expand("ken")
