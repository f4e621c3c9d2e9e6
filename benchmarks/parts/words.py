"""Made-up words and texts: so many that no two posts are alike, and the same in every run."""

import random
from typing import NamedTuple

from forum.search.words import words_of
from forum.text import render
from moderation.risk.words import COMMON

VOCABULARY = 12_000
PARAGRAPHS = 3_000


class Paragraph(NamedTuple):
    """A paragraph as it is typed, as it is shown, and the stems that search finds it by."""

    text: str
    html: str
    stems: str


def make_words(count: int, random_: random.Random) -> list[str]:
    """Return everyday words first, then made-up ones of one to four syllables."""
    words = dict.fromkeys(sorted(COMMON))
    while len(words) < count:
        syllables = random_.randint(1, 4)
        word = "".join(
            random_.choice("bcdfghjklmnprstwy") + random_.choice("aeiou") for _ in range(syllables)
        )
        words[word + random_.choice(["", "", "n", "ng", "s", "t"])] = None
    return list(words)


def choose(words: list[str], count: int, random_: random.Random) -> list[str]:
    """Return words drawn as in speech: the n-th one with weight 1/n (Zipf)."""
    weights = [1 / (rank + 10) for rank in range(len(words))]
    return random_.choices(words, weights=weights, k=count)


def make_paragraphs(random_: random.Random, count: int = PARAGRAPHS) -> list[Paragraph]:
    """Return paragraphs of 10 to 80 words, about 280 characters on average."""
    words = make_words(VOCABULARY, random_)
    drawn = choose(words, count * 80, random_)
    paragraphs = []
    for number in range(count):
        length = random_.randint(10, 80)
        text = " ".join(drawn[number * 80 : number * 80 + length]).capitalize() + "."
        paragraphs.append(Paragraph(text, render(text), " ".join(words_of(text))))
    return paragraphs
