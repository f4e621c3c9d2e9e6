"""`teduh simulate --desk`: what it prints, draws and refuses."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from forum.commands.simulate import simulate as command

DOCS_CHART = Path(__file__).parents[2] / "docs" / "images" / "desk-simulation.svg"


def run_command(*options):
    return CliRunner().invoke(command, ["--desk", "--days", "5", *options])


def test_a_seed_gives_the_same_bytes(tmp_path):
    first, second = (
        run_command("--json", "--seed", "7", "--chart", str(tmp_path / name)) for name in "ab"
    )
    assert first.exit_code == 0, first.output
    assert first.output == second.output
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert run_command("--json", "--seed", "8").output != first.output
    report = json.loads(first.output)
    assert report["plan"]["seed"] == 7
    assert set(report["orders"]) == {"teduh", "first-come", "newest-first"}


def test_the_chart_is_svg_with_words_for_those_who_do_not_see_it(tmp_path):
    file = tmp_path / "desk.svg"
    assert run_command("--chart", str(file)).exit_code == 0
    chart = ET.fromstring(file.read_text("utf-8"))
    texts = {element.tag.rpartition("}")[2]: element.text for element in chart}
    assert "three orders" in texts["title"]
    assert "crisis, half and 95 in 100" in texts["desc"]
    assert "prefers-color-scheme:dark" in texts["style"]


def test_the_chart_in_the_docs_is_of_the_default_run(tmp_path):
    # After a change of the model: teduh simulate --desk --chart docs/images/desk-simulation.svg,
    # and put the new figures into docs/desk-simulation.md.
    file = tmp_path / "desk.svg"
    assert CliRunner().invoke(command, ["--desk", "--chart", str(file)]).exit_code == 0
    assert file.read_bytes() == DOCS_CHART.read_bytes()


def test_the_table_is_for_people_and_every_option_counts():
    shown = run_command()
    assert shown.exit_code == 0, shown.output
    assert "in target" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80
    given = run_command(
        *(
            "--arrivals",
            ",".join(["1"] * 24),
            "--load",
            "1.5",
            "--shares",
            "red=1,green=1",
            "--handling",
            "red=9",
        ),
        *("--spread", "0.1", "--staffed", "08:30-24:00", "--shift-hours", "1.5"),
        *("--volunteers", "4", "--moderators", "1", "--budget", "2", "--pause", "5"),
        *("--alarm-hours", "6", "--amber-turn", "7", "--protect", "all"),
        *("--seed", "3", "--json"),
    )
    plan = json.loads(given.output)["plan"]
    assert plan == {
        "seed": 3,
        "amber_turn": 7,
        "days": 5,
        "arrivals_per_hour": [1.5] * 24,
        "shares": {"crisis": 0.0, "red": 1.0, "amber": 0.0, "green": 1.0},
        "handling_median_minutes": {"crisis": 35.0, "red": 9.0, "amber": 7.0, "green": 2.0},
        "handling_spread": 0.1,
        "staffed_minutes_of_day": [510, 0],
        "shift_minutes": 90,
        "people": 4,
        "moderators": 1,
        "budget": 2,
        "pause_minutes": 5.0,
        "target_minutes": {"crisis": 15.0, "red": 60.0, "amber": 720.0},
        "amber_alarm_minutes": 360.0,
    }
    assert all(order["protected"] for order in json.loads(given.output)["orders"].values())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Give a FILE"),
        (["--seed", "3", __file__], "--seed makes sense only with --desk"),
        (["--desk", "--rate", "3"], "--rate makes sense only without --desk"),
        (["--desk", __file__], "FILE makes sense only without --desk"),
        (["--desk", "--arrivals", "1,2"], "24 numbers"),
        (["--desk", "--arrivals", "nan"], "24 numbers"),
        (["--desk", "--shares", "blue=1"], "blue=1"),
        (["--desk", "--shares", "red=0"], "more than 0"),
        (["--desk", "--handling", "red=0"], "between 0.1"),
        (["--desk", "--staffed", "20-4"], "20:00-04:00"),
        (["--desk", "--staffed", "20:00-25:00"], "24:00"),
        (["--desk", "--load", "10", "--arrivals", "99"], "500,000 cases"),
        (["--desk", "--moderators", "3"], "not more"),
        (["--desk", "--days", "1", "--chart", "/nowhere/desk.svg"], "No such file"),
    ],
)
def test_what_makes_no_sense_is_said(arguments, says):
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert says in result.output
