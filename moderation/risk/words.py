"""Short lists of everyday words the matcher needs to know apart from any lexicon."""

from __future__ import annotations

# Particles that carry no meaning for matching (``risk-lexicon.md`` 4.7): they may stand inside
# a phrase without breaking it.
_PARTICLES = """
sih deh dong kok nih tuh ya yah ah lah kali toh atuh mah euy bah nah lho loh kan dah eh
oh hmm huhu hiks haha hehe wkwk
"""
PARTICLES = frozenset(_PARTICLES.split())

# Frequent words of Indonesian chat and of English, from general knowledge of both. They make poor
# anchors for an index, and they are the small change needed to cut up text without blanks.
_COMMON = """
aku saya gue gua gw kamu lo lu dia kita kami mereka yang yg di ke dari dan atau tapi tp
ini itu ada tidak gak ga nggak ngga enggak ndak bukan jangan sudah udah udh belum mau
ingin pengen bisa akan lagi lg aja saja juga karena kalau kalo buat untuk dengan sama sm
pada seperti kayak banget bgt sekali terus trus jadi apa siapa kenapa gimana bagaimana
kapan mana hari malam pagi orang rumah hidup sakit capek lelah semua banyak cuma hanya
masih pernah punya bikin biar habis abis sampai setelah waktu tau tahu rasa rasanya
merasa kayaknya the a an and or but to of in on at for with from by is are was were be
been am i im me my you your u he she they we it its this that there not no dont cant
wont do does did have has had will would can could should just so if when what who how
why all any more want wanna going gonna get got go know like feel life day time people
really about out up off
"""
COMMON = frozenset(_COMMON.split())
