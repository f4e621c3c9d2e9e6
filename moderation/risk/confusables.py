"""Letters of other alphabets that look like a Latin letter.

A small part of the Unicode confusables data (UTS #39, ``confusables.txt``, Unicode licence):
single characters of the Cyrillic, Greek, Armenian, Cherokee, Coptic, Lisu and Canadian syllabic
scripts and of phonetic Latin that stand for one Latin letter and that compatibility decomposition
leaves alone. Added by hand: small Cyrillic and Greek letters people use for their shape (the table
of ``risk-lexicon.md`` 4.13), small capitals, stroked and hooked letters, squared and regional
indicator letters. Written as escapes so that a reader sees which is which.
"""

from __future__ import annotations

_LOOKALIKES = {
    "a": (
        "\u0250\u0251\u0391\u03b1\u0410\u0430\u13aa\u15c5\u1d00\ua4ee\U0001f150\U0001f170\U0001f1e6"
    ),
    "b": (
        "\u0180\u0184\u0253\u0299\u0392\u0412\u042c\u044c\u0432\u13cf\u13f4\u1472\u15af\u15f7\ua4d0"
        "\ua7b4\U0001f151\U0001f171\U0001f1e7"
    ),
    "c": (
        "\u03f2\u03f9\u0421\u0441\u13df\u1d04\u2ca4\u2ca5\ua4da\uabaf\U0001f152\U0001f172\U0001f1e8"
    ),
    "d": (
        "\u00f0\u0110\u0111\u0257\u0501\u13a0\u13e7\u146f\u15de\u15ea\u1d05\ua4d2\ua4d3"
        "\U0001f153\U0001f173\U0001f1e9"
    ),
    "e": (
        "\u01dd\u0259\u025b\u0395\u03b5\u0404\u0415\u0435\u0454\u04bd\u13ac\u1d07\ua4f0\uab32"
        "\U0001f154\U0001f174\U0001f1ea"
    ),
    "f": (
        "\u0192\u03dc\u0584\u15b4\u1e9d\ua4dd\ua730\ua798\ua799\uab35\U0001d213\U0001f155"
        "\U0001f175\U0001f1eb"
    ),
    "g": (
        "\u018d\u0260\u0261\u0262\u050c\u0581\u13c0\u13f3\u1d83\ua4d6\U0001f156\U0001f176\U0001f1ec"
    ),
    "h": (
        "\u0126\u0127\u0266\u029c\u0397\u041d\u043d\u04bb\u0570\u13bb\u13c2\u157c\u2c8e\ua4e7"
        "\U0001f157\U0001f177\U0001f1ed"
    ),
    "i": (
        "\u0131\u0196\u01c0\u0268\u0269\u026a\u0399\u03b9\u0406\u0456\u04c0\u04cf\u13a5\u1fbe"
        "\ua647\uab75\U0001f158\U0001f178\U0001f1ee"
    ),
    "j": "\u037f\u03f3\u0408\u0458\u13ab\u148d\u1d0a\ua4d9\ua7b2\U0001f159\U0001f179\U0001f1ef",
    "k": "\u0199\u039a\u03ba\u041a\u043a\u13e6\u1d0b\u2c94\ua4d7\U0001f15a\U0001f17a\U0001f1f0",
    "l": (
        "\u0141\u0142\u019a\u029f\u13de\u14aa\u2c92\u2cd0\ua4e1\ua4f2\U0001d22a\U0001f15b"
        "\U0001f17b\U0001f1f1"
    ),
    "m": (
        "\u0271\u039c\u03fa\u041c\u043c\u13b7\u15f0\u1d0d\u2c98\ua4df\U0001f15c\U0001f17c\U0001f1f2"
    ),
    "n": (
        "\u014a\u014b\u019e\u0272\u0274\u039d\u03a0\u03b7\u043f\u0578\u057c\u2c9a\ua4e0"
        "\U0001f15d\U0001f17d\U0001f1f3"
    ),
    "o": (
        "\u00d8\u00f8\u0254\u039f\u03bf\u03c3\u041e\u043e\u0555\u0585\u1d0f\u1d11\u2c9e\u2c9f"
        "\ua4f3\uab3d\U0001f15e\U0001f17e\U0001f1f4"
    ),
    "p": (
        "\u00fe\u01a5\u03a1\u03c1\u03f1\u0420\u0440\u13e2\u146d\u1d18\u2ca2\u2ca3\ua4d1"
        "\U0001f15f\U0001f17f\U0001f1f5"
    ),
    "q": "\u051b\u0563\u0566\U0001f160\U0001f180\U0001f1f6",
    "r": (
        "\u01a6\u027e\u0280\u0413\u0433\u13a1\u13d2\u1587\u1d26\u2c85\ua4e3\uab47\uab48\uab81"
        "\U0001d216\U0001f161\U0001f181\U0001f1f7"
    ),
    "s": "\u01bd\u0405\u0455\u054f\u13d5\u13da\ua4e2\ua731\uabaa\U0001f162\U0001f182\U0001f1f8",
    "t": (
        "\u0166\u0167\u01ad\u03a4\u03c4\u0422\u0442\u13a2\u1d1b\u2ca6\ua4d4\U0001f163\U0001f183\U0001f1f9"
    ),
    "u": (
        "\u0289\u028b\u03bc\u03c5\u054d\u057d\u144c\u1d1c\ua4f4\ua79f\uab4e\uab52\U0001f164"
        "\U0001f184\U0001f1fa"
    ),
    "v": (
        "\u028c\u03bd\u0474\u0475\u13d9\u142f\u1d20\ua4e6\uaba9\U0001d20d\U0001f165\U0001f185"
        "\U0001f1fb"
    ),
    "w": (
        "\u026f\u028d\u03c9\u0448\u0461\u051c\u051d\u0561\u13b3\u13d4\u1d21\ua4ea\uab83"
        "\U0001f166\U0001f186\U0001f1fc"
    ),
    "x": (
        "\u03a7\u03c7\u0425\u0445\u1541\u157d\u166d\u166e\u2cac\ua4eb\ua7b3\U0001f167"
        "\U0001f187\U0001f1fd"
    ),
    "y": (
        "\u01b4\u0263\u028f\u03a5\u03b3\u03d2\u0423\u0443\u04ae\u04af\u13a9\u13bd\u1d8c\u1eff"
        "\u2ca8\ua4ec\uab5a\U0001f168\U0001f188\U0001f1fe"
    ),
    "z": "\u01b6\u0396\u13c3\u1d22\ua4dc\uab93\U000102f5\U0001f169\U0001f189\U0001f1ff",
}

CONFUSABLES: dict[str, str] = {
    other: latin for latin, others in _LOOKALIKES.items() for other in others
}
