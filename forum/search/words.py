"""What a text is found by: its words without accents, slang, stretched letters and affixes.

The same for a post and for a query, and the same on both databases: the stems are Snowball's for
Indonesian, which PostgreSQL has too and SQLite has not (a test compares the two).
"""

import re
import threading
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

import snowballstemmer
import yaml

# Nobody searches for more, and no word of a language is longer.
MAX_WORDS_ASKED = 12
MAX_LETTERS = 40

_WORD = re.compile(r"[^\W_]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
# A stemmer keeps its place in itself, so threads take turns.
_stemmer = snowballstemmer.stemmer("indonesian")
_turn = threading.Lock()


def words_of(text: str) -> list[str]:
    """Return the stems of a text in their order; very common words are left out."""
    return [stem for _, _, stems in places_of_words(text) for stem in stems if stem not in _stops()]


def asked_words(text: str) -> list[str]:
    """Return what a query looks for, each stem once; common words where there is nothing else."""
    found = words_of(text) or [stem for _, _, stems in places_of_words(text) for stem in stems]
    return list(dict.fromkeys(found))[:MAX_WORDS_ASKED]


def places_of_words(text: str) -> list[tuple[int, int, list[str]]]:
    """Return where each word of a text stands, in code points, and its stems."""
    return [(*found.span(), _stems(found.group())) for found in _WORD.finditer(text)]


def fold(word: str) -> str:
    """Return a word in small letters, without accents and without stretched letters."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _STRETCHED.sub(r"\1", plain)


@lru_cache(maxsize=20_000)
def _stems(word: str) -> list[str]:
    known = _file()["slang"]
    parts = [part for part in _WORD.findall(fold(word)) if len(part) <= MAX_LETTERS]
    # Slang takes affixes too: "temenku".
    plain = [known.get(part) or known.get(stem(part)) or part for part in parts]
    return [stem(each) for words in plain for each in words.split()]


def stem(word: str) -> str:
    """Return Snowball's Indonesian stem of a folded word."""
    with _turn:
        return str(_stemmer.stemWord(word))


@cache
def _stops() -> frozenset[str]:
    return frozenset(stem(word) for word in _file()["stop"])


@cache
def _file() -> dict[str, dict[str, str]]:
    text = files("forum.search").joinpath("words.yaml").read_text("utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded
