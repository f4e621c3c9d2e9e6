"""The places that a person may pick. Nothing is guessed from a network address.

Indonesia's 38 provinces (since 2022), and countries from which people abroad may write.
"""

from flask_babel import lazy_gettext as _l

PROVINCES = {
    "aceh": "Aceh",
    "sumut": "Sumatera Utara",
    "sumbar": "Sumatera Barat",
    "riau": "Riau",
    "kepri": "Kepulauan Riau",
    "jambi": "Jambi",
    "sumsel": "Sumatera Selatan",
    "babel": "Kepulauan Bangka Belitung",
    "bengkulu": "Bengkulu",
    "lampung": "Lampung",
    "banten": "Banten",
    "jakarta": "DKI Jakarta",
    "jabar": "Jawa Barat",
    "jateng": "Jawa Tengah",
    "diy": "DI Yogyakarta",
    "jatim": "Jawa Timur",
    "bali": "Bali",
    "ntb": "Nusa Tenggara Barat",
    "ntt": "Nusa Tenggara Timur",
    "kalbar": "Kalimantan Barat",
    "kalteng": "Kalimantan Tengah",
    "kalsel": "Kalimantan Selatan",
    "kaltim": "Kalimantan Timur",
    "kaltara": "Kalimantan Utara",
    "sulut": "Sulawesi Utara",
    "gorontalo": "Gorontalo",
    "sulteng": "Sulawesi Tengah",
    "sulbar": "Sulawesi Barat",
    "sulsel": "Sulawesi Selatan",
    "sultra": "Sulawesi Tenggara",
    "maluku": "Maluku",
    "malut": "Maluku Utara",
    "papua": "Papua",
    "pabar": "Papua Barat",
    "pabarda": "Papua Barat Daya",
    "papeg": "Papua Pegunungan",
    "pasel": "Papua Selatan",
    "pateng": "Papua Tengah",
}
# Elsewhere: what is left when the others are named.
ELSEWHERE_ABROAD = "luar"
ABROAD = {
    "gb": _l("United Kingdom"),
    "us": _l("United States"),
    ELSEWHERE_ABROAD: _l("Elsewhere abroad"),
}
# What an entry can serve, and what a person can pick.
REGIONS = {**PROVINCES, **ABROAD}
PLACES = {**PROVINCES, "lain": _l("Elsewhere in Indonesia"), **ABROAD}
