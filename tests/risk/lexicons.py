"""Small lexicons for the tests of the engine."""

from __future__ import annotations

SMALL = """
classes:
  self: [aku, gue, i, "{group}"]
  group: [kita, kami]
  want: [ingin, pengen, mau, "want to"]
  soon: [besok, "malam ini", tonight]
slang:
  pgn: [pengen]
  dri: [diri, dari]
  bundir: [bunuh diri]
idioms: [mati lampu, mati-matian]
contexts:
  past: {patterns: [dulu, "used to"], unless: [kemarin]}
  news: {patterns: [berita], within: post}
rules:
  - id: want-die
    category: SUI_ACTIVE
    level: red
    patterns: ["{want} (banget)? mati", "~akhir hidup", "kepikiran ...2 bunuh diri"]
    unless: ["mau mati gaya"]
    when: {past: lower, quote: lower, question: lower, reply: raise, news: lower}
    floor: amber
  - id: tired
    category: HOPELESS
    level: amber
    patterns: ["capek hidup", "[lelah & semua]", "sedih*"]
  - id: bye
    category: SUI_BYE
    level: red
    patterns: [selamat tinggal]
  - id: young
    category: AGE
    level: green
    patterns: ["kelas (7|8)"]
  - id: ticket
    category: HARASS
    level: amber
    patterns: ['/kode \\d{2}-[a-z]/']
combinations:
  - id: soon
    all: [SUI_ACTIVE, "{soon}"]
    within: sentence
    category: SUI_PLAN
    level: crisis
  - id: goodbye
    all: ["@amber", SUI_BYE]
    within: post
    category: SUI_BYE
    level: crisis
"""
