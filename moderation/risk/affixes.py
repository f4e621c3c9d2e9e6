"""Write out the forms an Indonesian root takes; the opposite of a stemmer.

A stemmer guesses a root from a word and is wrong on everyday spelling. Here the lexicon names the
root and this module lists the forms, formal and colloquial (``risk-lexicon.md`` 4.5), so that
nothing outside the list can match.
"""

from __future__ import annotations

from functools import lru_cache

_SUFFIXES = ("", "kan", "in", "i", "an", "ken", "ne")
_CLITICS = ("", "ku", "mu", "nya", "lah", "kah")
_PLAIN_PREFIXES = ("", "di", "ter", "ke", "ku", "kau", "ber", "se", "nge")

# What the active voice does to the first letter: formal prefixes, then colloquial ones. A dash
# means that the first letter is swallowed.
_NASAL = {
    "b": ("mem", "m", "nge"),
    "p": ("mem-", "m-", "nge"),
    "f": ("mem", "nge"),
    "d": ("men", "n", "nge"),
    "t": ("men-", "n-", "nge"),
    "c": ("men", "ny-", "nge"),
    "j": ("men", "n", "nge"),
    "s": ("meny-", "ny-", "nge"),
    "z": ("men", "nge"),
    "k": ("meng-", "ng-", "nge"),
    "g": ("meng", "ng", "nge"),
    "h": ("meng", "ng", "ng-", "nge"),
    "l": ("me", "nge", "ng"),
    "r": ("me", "nge", "ng"),
    "m": ("me", "nge"),
    "n": ("me", "nge"),
    "w": ("me", "nge"),
    "y": ("me", "nge"),
}
_NASAL |= dict.fromkeys("aeiou", ("meng", "ng", "nge"))

# Forms that follow no rule, each listed for its root.
_IRREGULAR = {
    "bunuh": ("pembunuhan", "pembunuh", "mbunuh", "bundir"),
    "mati": ("mateni", "matek", "matiin", "mematikan", "pati"),
    "hilang": ("ilang", "ngilang", "ngilangin", "ngileng"),
    "hidup": ("idup", "hdp", "ngidupin"),
    "sudah": ("nyudahin", "nyudahi", "menyudahi", "udahan", "udahin"),
    "luka": ("ngelukain", "nglukain"),
    "pukul": ("mukulin", "dipukulin"),
}


@lru_cache(maxsize=1_024)
def expand(root: str) -> tuple[str, ...]:
    """Return every accepted form of ``root`` (lower case letters), the root itself first."""
    stems = [prefix + root for prefix in _PLAIN_PREFIXES]
    stems += [
        prefix[:-1] + root[1:] if prefix.endswith("-") else prefix + root
        for prefix in _NASAL.get(root[:1], ())
    ]
    forms = dict.fromkeys([root, *_IRREGULAR.get(root, ())])
    for stem in stems:
        for suffix in _SUFFIXES:
            # A root in -i takes no second -i and a root in -a contracts with nothing.
            if suffix and stem.endswith(suffix[0]) and suffix == "i":
                continue
            for clitic in _CLITICS:
                forms[stem + suffix + clitic] = None
    return tuple(forms)
