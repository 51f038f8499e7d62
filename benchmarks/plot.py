"""A bar chart in SVG, without a library."""

from html import escape
from itertools import groupby

LEFT, WIDTH, ROW, GAP = 250, 420, 24, 14


def draw(title: str, bars: list[tuple[str, str, float]]) -> str:
    """Horizontal bars from zero, given as (group, label, value). Bars of a group are adjacent."""
    scale = WIDTH / max(value for _, _, value in bars)
    parts, y = [text(16, 28, title, weight="bold")], 44
    for group, members in groupby(bars, key=lambda bar: bar[0]):
        for n, (_, label, value) in enumerate(members):
            if n == 0:
                parts.append(text(16, y + 16, group))
            parts.append(text(LEFT - 8, y + 16, label, anchor="end"))
            parts.append(bar(y, value * scale))
            parts.append(text(LEFT + value * scale + 8, y + 16, f"{value:.1f}"))
            y += ROW
        y += GAP
    width, height = LEFT + WIDTH + 60, y
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            ' font-family="sans-serif" font-size="13">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, content: str, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text {place} fill="#222">{escape(content)}</text>'


def bar(y: float, width: float) -> str:
    return f'<rect x="{LEFT}" y="{y + 3}" width="{width:.1f}" height="{ROW - 6}" fill="#2a7"/>'
