"""A chart of bars on a logarithmic scale, as SVG that reads well on light and dark."""

import math
from html import escape
from typing import NamedTuple

ROW, LEFT, WIDTH, TOP = 15, 250, 560, 40
COLOURS = ("#2f7d6b", "#b7791f", "#6b5fb5")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}line{stroke:#8886}"
    "@media(prefers-color-scheme:dark){text{fill:#eee}}"
)


class Bar(NamedTuple):
    """One bar: what it is of, which colour it shares with others, how long it is."""

    name: str
    group: str
    value: float


def draw(bars: list[Bar]) -> str:
    """Return the chart; bars of one name stand together, a line marks each power of ten."""
    names = list(dict.fromkeys(bar.name for bar in bars))
    groups = list(dict.fromkeys(bar.group for bar in bars))
    most = math.ceil(math.log10(max(bar.value for bar in bars)))
    unit = WIDTH / most
    parts: list[str] = []
    at = TOP
    for name in names:
        rows = [bar for bar in bars if bar.name == name]
        middle = at + len(rows) * ROW / 2 + 4
        parts.append(f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>')
        for bar in rows:
            length = max(1.0, math.log10(max(bar.value, 1.0)) * unit)
            colour = COLOURS[groups.index(bar.group) % len(COLOURS)]
            parts.append(
                f'<rect x="{LEFT}" y="{at + 2}" width="{length:.1f}" height="{ROW - 3}" '
                f'fill="{colour}"/><text x="{LEFT + length + 5:.1f}" y="{at + ROW - 3}">'
                f"{bar.value:,.0f}</text>"
            )
            at += ROW
        at += 7
    legend = "".join(
        f'<rect x="{LEFT + 130 * place}" y="8" width="12" height="12" '
        f'fill="{COLOURS[place % len(COLOURS)]}"/>'
        f'<text x="{LEFT + 130 * place + 18}" y="18">{escape(group)}</text>'
        for place, group in enumerate(groups)
    )
    grid = "".join(
        f'<line x1="{LEFT + power * unit:.1f}" x2="{LEFT + power * unit:.1f}" y1="{TOP - 4}" '
        f'y2="{at}"/><text x="{LEFT + power * unit:.1f}" y="{at + 14}" text-anchor="middle">'
        f"{10**power:,}</text>"
        for power in range(most + 1)
    )
    width, height = LEFT + WIDTH + 70, at + 24
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Requests a second, logarithmic"><style>{STYLE}</style>{grid}{legend}'
        f"{''.join(parts)}</svg>\n"
    )
