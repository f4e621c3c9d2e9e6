"""Levels, contexts, idioms, combinations, history, personal data and the outputs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from forum.commands.risk import risk
from moderation.risk.assess import Context, assess
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.evaluate import evaluate, render, scan_lines
from moderation.risk.levels import Level
from moderation.risk.personal import personal_places
from moderation.risk.rulefile import load_yaml
from moderation.risk.signs import Sign
from tests.risk.lexicons import SMALL


def level(text: str, rules: RuleSet, **context: object) -> str:
    return assess(text, rules, Context(**context)).level.word  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aku pengen mati", "red"),
        ("aku pengen sih mati", "red"),
        ("aku pengen\nmati", "red"),
        ("aku pengen, mati", "green"),
        ("aku pengen. mati", "green"),
        ("aku pengen makan", "green"),
        ("pengen matikan lampu", "green"),
        ("mau mati lampu", "green"),
        ("mau mati lampu. mau mati", "red"),
        ("mau mati gaya", "green"),
        ("mau mati gaya, tapi mau mati", "red"),
        ("kepikiran buat bunuh diri", "red"),
        ("semuanya bikin lelah, semua", "amber"),
        ("lelah sama semua", "amber"),
        ("semua orang lelah", "amber"),
        ("sedihnya", "amber"),
        ("bunuh dri, kepikiran bunuh dri", "red"),
        ("kode 12-a", "amber"),
        ("kode 12", "green"),
    ],
)
def test_levels(text: str, expected: str, small: RuleSet) -> None:
    assert level(text, small) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dulu aku mau mati", "amber"),
        ("dulu, kemarin, aku mau mati", "red"),
        ("dulu beda. aku mau mati", "red"),
        ('"aku mau mati" itu judulnya', "amber"),
        ("siapa mau mati?", "amber"),
        ('dulu "mau mati"?', "amber"),
        ("ada berita. panjang. mau mati", "amber"),
    ],
)
def test_context_shifts_one_level_at_most(text: str, expected: str, small: RuleSet) -> None:
    assert level(text, small) == expected


def test_a_shift_that_only_masked_letters_spell_does_not_count(small: RuleSet) -> None:
    assert level("dulu aku mau mati", small) == "amber"
    assert level("d*lu aku mau mati", small) == "red"


def test_conditions_see_the_words_of_idioms() -> None:
    rules = load_yaml(SMALL.replace("mati-matian]", "mati-matian, dulu sekali]"))
    assert level("dulu sekali aku mau mati", compile_rules(rules)) == "amber"


@pytest.mark.parametrize("text", ["nyeri", "nyeri. Lalu tidur", "nyeri sekali", "aduh nyeri"])
def test_a_gap_before_what_may_be_left_out_may_be_empty(text: str) -> None:
    lexicon = load_yaml(SMALL.replace('"capek hidup"', '"(aduh)? ...2 nyeri ...2 (sekali)?"'))
    assert level(text, compile_rules(lexicon)) == "amber"


def test_raising_wins_over_lowering(small: RuleSet) -> None:
    assert level("dulu aku mau mati", small, is_reply=True) == "crisis"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mau mati malam ini", "crisis"),
        ("mau mati. malam ini hujan", "red"),
        ("capek hidup. selamat tinggal", "crisis"),
        ("selamat tinggal", "red"),
    ],
)
def test_combinations(text: str, expected: str, small: RuleSet) -> None:
    assert level(text, small) == expected


def test_history_only_raises(small: RuleSet) -> None:
    assert level("capek hidup", small, ambers_last_7_days=1) == "red"
    assert level("selamat tinggal", small, amber_recent=True) == "crisis"
    assert level("kode 12-a", small, ambers_last_7_days=3) == "amber"
    assert level("halo", small, ambers_last_7_days=9, deleted_after_flag=True) == "green"


def test_a_tag_is_no_alarm(small: RuleSet) -> None:
    found = assess("aku kelas 8", small)
    assert (found.level, found.categories, found.signs) == (Level.GREEN, (), (Sign.MINOR,))


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("capek hidup", {"amber_recent": True}, {Sign.SECOND_SIGN}),
        ("selamat tinggal", {"amber_recent": True}, {Sign.GOODBYE_AFTER_SIGN}),
        ("capek hidup", {"deleted_after_flag": True}, {Sign.TAKEN_BACK}),
        ("halo", {"deleted_after_flag": True, "amber_recent": True}, set()),
        ("aku mau mati", {"thread_level": Level.CRISIS}, set()),
    ],
)
def test_signs_say_what_history_and_the_thread_add(
    text: str, facts: dict[str, Any], expected: set[Sign], small: RuleSet
) -> None:
    assert set(assess(text, small, Context(**facts)).signs) == expected


@pytest.mark.parametrize(
    ("text", "level", "expected"),
    [
        (
            "umurku 14 tahun, lanjut di wa aja yuk lebih privat",
            None,
            {Sign.MINOR, Sign.CHILD_AT_RISK},
        ),
        ("umurku 14 tahun, lagi sedih", None, {Sign.MINOR}),
        ("kirim fotomu dong, rahasia kita berdua", None, {Sign.RULE_CALLS}),
        ("ibuku meninggal bulan lalu", None, {Sign.CARE}),
        ("mati aja lo sana", Level.RED, {Sign.PUSHED}),
        ("mati aja lo sana", Level.AMBER, set()),
    ],
)
def test_signs_of_the_starter_rules(
    text: str, level: Level | None, expected: set[Sign], starter_rules: RuleSet
) -> None:
    assert set(assess(text, starter_rules, Context(thread_level=level)).signs) == expected


def test_a_held_category_holds(small: RuleSet) -> None:
    assert assess("kode 12-a", small).holds
    assert not assess("mau mati", small).holds


@pytest.mark.parametrize(
    "text",
    [
        "nomorku 0812 3456 7890",
        "+62 812-3456-7890",
        "(021) 7654321",
        "\uff10\uff18\uff11\uff12 3456 7890",
        "nol delapan satu dua tiga empat lima enam tujuh delapan",
        "NIK 3171234105900001",
        "orang@example.com",
        "t.me/seseorang",
        "wa.me/6281234567890",
        "ig: seseorang_lain",
        "akunnya @seseorang.lain",
        "Jl. Contoh Raya No. 7",
        "gang Mawar nomor 9",
        "RT 02/RW 05",
        "12 Sample Street",
        "ig contoh_a",
        "instagram contoh.orang",
        "instagramku contoh_a ya",
        "id line contoh99",
        "wechat id contoh99",
        "follow contoh_a di ig",
        "contoh at gmail dot com",
        "contoh(at)gmail.com",
        "contoh et gmail titik com",
        "contoh @ gmail.com",
        "contoh at kampus dot ac dot id",
        "tulis ke contoh at gmail.com ya",
        "tiga satu tujuh satu dua tiga empat satu nol lima sembilan nol nol nol nol satu",
        "o812 3456 789o",
        "no rek 1234567890",
        "rekening bca saya 1234 567890",
    ],
)
def test_personal_data_is_seen_and_not_repeated(text: str, small: RuleSet) -> None:
    found = assess(text, small)
    assert "personal_data" in found.categories
    value = "".join(char for match in found.matches for char in match.text if char.isdigit())
    assert not value or value not in "".join(found.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "hubungi 119 ext 8, 112, 129 atau 988",
        "WA 0811-1129-129 dan 0800-150-0119, Samaritans 116 123",
        "harga 150.000 sampai 1.250.000",
        "tanggal 12-10-2022 jam 10.30",
        "pesanan 4821903377",
        "1234567890123456",
        "makasih @moderator",
        "jalan kaki 20 menit",
        "satu dua tiga empat lima",
        "sembilan satu dua tiga empat lima enam tujuh delapan sembilan satu dua tiga empat lima enam",
        "ig teman2, telegram grup kelas10, line temen2nya",
        "main ig 2jam, ig jam10 juga",
        "tutup ig aku.terus tidur",
        "look at example.com, laughed at me dot",
        "saldo rekening tinggal 12.000.000, bukan 1500000",
        "nomor o2 dan 3o",
    ],
)
def test_ordinary_numbers_are_no_personal_data(text: str, small: RuleSet) -> None:
    assert "personal_data" not in assess(text, small).categories


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "tiga satu tujuh satu dua tiga empat satu nol lima sembilan nol nol nol nol satu",
            "pii-identity-number",
        ),
        ("norek 3171234105900001", "pii-identity-number"),
        ("norek 1234567890", "pii-account"),
        ("contoh et gmail titik com", "pii-email"),
        ("o812 3456 789o", "pii-phone"),
    ],
)
def test_personal_data_has_its_kind(text: str, rule: str) -> None:
    """What may never stay is told apart from what its writer may keep."""
    assert [found for found, _, _ in personal_places(text)] == [rule]


def test_scan_keeps_going_after_a_bad_line(small: RuleSet) -> None:
    lines = [
        '{"id": 1, "text": "x mau mati", "more": 1}',
        "no",
        "",
        '{"id": 2}',
        b'{"id":3,"text":5}',
    ]
    good, *bad = scan_lines(lines, small)
    assert good == {
        "id": 1,
        "level": "red",
        "categories": ["suicide"],
        "matches": [
            {
                "rule": "want-die",
                "category": "suicide",
                "level": "red",
                "start": 2,
                "end": 10,
                "text": "mau mati",
                "view": "raw",
            }
        ],
    }
    assert [entry["line"] for entry in bad] == [2, 4, 5]


CASES = [
    {"id": "a", "text": "mau mati", "level": "red", "categories": ["suicide"], "kind": "plain"},
    {"id": "b", "text": "capek hidup", "level": "red", "categories": ["hopelessness"]},
    {"id": "c", "text": "halo", "level": "green", "categories": []},
    {"id": "d", "text": "sedihnya", "level": "green", "categories": []},
]


def test_evaluation_counts(small: RuleSet) -> None:
    report = evaluate(map(json.dumps, [*CASES, {"id": "e"}]), small)
    assert (report.total.seen, report.total.as_red, report.total.urgent) == (2, 1, 2)
    assert (report.total.flagged, report.total.green) == (1, 2)
    assert report.levels["red"].recall == 0.5
    assert report.categories["hopelessness"].precision == 0.5
    assert len(report.errors) == 1
    assert "b  red -> amber" in render(report)


def test_the_command_line(tmp_path: object) -> None:
    rules = f"{tmp_path}/rules.yaml"
    with open(rules, "w", encoding="utf-8") as file:
        file.write(SMALL)
    run = CliRunner().invoke
    result = run(risk, ["scan", "--rules", rules], input='{"id": 1, "text": "mau mati"}\nno\n')
    assert result.exit_code == 1
    assert [json.loads(line).get("level") for line in result.output.splitlines()] == ["red", None]
    cases = f"{tmp_path}/cases.jsonl"
    with open(cases, "w", encoding="utf-8") as file:
        file.write("\n".join(map(json.dumps, CASES)))
    result = run(risk, ["evaluate", "--rules", rules, "--no-misses", cases])
    assert result.exit_code == 0
    assert "macro-F1" in result.output
    assert "misses" not in result.output
    assert run(risk, ["scan", "--rules", f"{tmp_path}/none.yaml"], input="").exit_code == 2
