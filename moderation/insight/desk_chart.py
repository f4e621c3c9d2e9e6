"""The figures of the desk model as one SVG, readable on light and dark ground."""

from collections.abc import Iterator, Mapping
from html import escape
from math import log
from typing import Any

from moderation.insight.desk_figures import PROMISED
from moderation.insight.desk_model import DAY, Order

NAMES = {Order.TEDUH: "Teduh", Order.FIRST: "first come", Order.NEWEST: "newest first"}

XML = 'xmlns="http://www.w3.org/2000/svg"'
WIDTH = 800
LEFT, RIGHT = 130, 660
ROW, GAP, TOP = 26, 44, 96
# Where the axis of waiting has marks, in minutes. It is logarithmic, with room for zero.
MARKS = (0, 1, 5, 15, 60, 240, 720, 1440, 4320, 10080, 43200)
STYLE = """
.ground{fill:#fdfefb}.ink{fill:#1b2925}.soft{fill:#4b5b55}
.line{stroke:#c3cec5;stroke-width:1}.target{stroke:#1b2925;stroke-width:2;stroke-dasharray:5 3}
.teduh{fill:#12574a;stroke:#12574a}.other{fill:#8a6d3b;stroke:#8a6d3b}
.bar{stroke-width:6;stroke-linecap:round}
text{font-family:system-ui,sans-serif;font-size:14px}
.name{font-weight:600}.title{font-size:18px;font-weight:600}
@media (prefers-color-scheme:dark){
.ground{fill:#18221e}.ink{fill:#e8e5d8}.soft{fill:#aab6ad}
.line{stroke:#3a4a43}.target{stroke:#e8e5d8}
.teduh{fill:#8fd0ae;stroke:#8fd0ae}.other{fill:#d9b36a;stroke:#d9b36a}}
"""


def draw_chart(report: Mapping[str, Any]) -> str:
    """Return an SVG of waiting by level and order, and of what each order costs."""
    orders = report["orders"]
    longest = max(
        (
            figures["levels"][level.word]["staffed_wait_minutes"]["p95"] or 0
            for figures in orders.values()
            for level in PROMISED
        ),
        default=0,
    )
    last = max(longest, *(report["plan"]["target_minutes"].values()))
    body, bottom = [], TOP
    for level in PROMISED:
        target = report["plan"]["target_minutes"][level.word]
        body += list(_level(level.word, bottom, orders, target, last))
        bottom += len(orders) * ROW + GAP
    axis = list(_axis(bottom - 20, last))
    costs = list(_costs(bottom + 50, orders))
    height = bottom + 50 + (len(orders) + 1) * ROW + 16
    return "\n".join(
        [
            f'<svg {XML} viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc">',
            '<title id="title">How long people wait under three orders of the queue</title>',
            f'<desc id="desc">{escape(describe(report))}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
            _text(20, 34, "Waiting until a person takes the case", "ink title"),
            _text(
                20,
                58,
                "Dot: half waited less. Bar's end: 95 in 100 waited less. Staffed time only.",
                "soft",
            ),
            *axis,
            *body,
            *costs,
            "</svg>\n",
        ]
    )


def describe(report: Mapping[str, Any]) -> str:
    """Return the chart in sentences, for those who do not see it."""
    sentences = [f"{report['plan']['days']} modelled days."]
    for level in PROMISED:
        waits = []
        for order, figures in report["orders"].items():
            spread = figures["levels"][level.word]["staffed_wait_minutes"]
            waits.append(f"{NAMES[order]} {in_words(spread['p50'])} and {in_words(spread['p95'])}")
        sentences.append(f"{level.word}, half and 95 in 100 wait less than: {', '.join(waits)}.")
    return " ".join(sentences)


def in_words(minutes: float | None) -> str:
    """Return minutes in the unit that suits them; a dash for none."""
    if minutes is None:
        return "-"
    if minutes < 100:
        return f"{minutes:.0f} min"
    if minutes < 2 * DAY:
        return f"{round(minutes / 60, 1):g} h"
    return f"{round(minutes / DAY, 1):g} d"


def _x(minutes: float, last: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * log(1 + minutes) / log(1 + last), 1)


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _axis(bottom: float, last: float) -> Iterator[str]:
    for mark in MARKS:
        if mark <= last:
            x = _x(mark, last)
            yield f'<line x1="{x}" y1="{TOP - 14}" x2="{x}" y2="{bottom - 18}" class="line"/>'
            yield _text(x, bottom, in_words(mark) if mark else "0", "soft", "middle")


def _level(
    word: str, top: float, orders: Mapping[str, Any], target: float, last: float
) -> Iterator[str]:
    x, bottom = _x(target, last), top + len(orders) * ROW
    yield _text(20, top, word, "ink name")
    yield f'<line x1="{x}" y1="{top - 8}" x2="{x}" y2="{bottom + 8}" class="target"/>'
    yield _text(x - 8, top - 2, f"target {in_words(target)}", "soft", "end")
    for row, (order, figures) in enumerate(orders.items(), 1):
        y = top + row * ROW
        kind = "teduh" if order == Order.TEDUH else "other"
        spread = figures["levels"][word]["staffed_wait_minutes"]
        yield _text(20, y, NAMES[Order(order)], "ink")
        if spread["p50"] is None:
            yield _text(LEFT, y, "no cases", "soft")
            continue
        middle, end = _x(spread["p50"], last), _x(spread["p95"], last)
        yield f'<line x1="{middle}" y1="{y - 5}" x2="{end}" y2="{y - 5}" class="bar {kind}"/>'
        yield f'<circle cx="{middle}" cy="{y - 5}" r="7" class="{kind}"/>'
        share = figures["levels"][word]["in_target"]
        yield _text(WIDTH - 20, y, f"{share:.0%} in time", "ink", "end")


def _costs(top: float, orders: Mapping[str, Any]) -> Iterator[str]:
    columns = (LEFT + 130, LEFT + 310, LEFT + 490, WIDTH - 20)
    heads = ("amber over 24 h", "shifts over budget", "most urgent in a shift", "time in use")
    for x, head in zip(columns, heads, strict=True):
        yield _text(x, top, head, "soft", "end")
    for row, (order, figures) in enumerate(orders.items(), 1):
        people = figures["people"]
        values = (
            _share(figures["amber_starved"]["share"]),
            _share(people["over_budget"]),
            str(people["exposure"]["max"]),
            _share(people["utilisation"]),
        )
        yield _text(20, top + row * ROW, NAMES[Order(order)], "ink")
        for x, value in zip(columns, values, strict=True):
            yield _text(x, top + row * ROW, value, "ink", "end")


def _share(part: float | None) -> str:
    return "-" if part is None else f"{part:.1%}"
