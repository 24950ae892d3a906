"""Writes what was measured as Markdown and as JSON."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from pathlib import Path

# How many differences of answers are listed for a set.
LISTED = 5


def figure(rates: list[float]) -> str:
    """Median (min to max) of some rates."""
    if not rates:
        return "-"
    return f"{number(statistics.median(rates))} ({number(min(rates))} to {number(max(rates))})"


def number(value: float) -> str:
    """A rate with three significant digits or as a whole number."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio(above: list[float], below: list[float]) -> str:
    """The quotient of two medians."""
    if not above or not below:
        return "-"
    return f"{statistics.median(above) / statistics.median(below):.2f}"


def table(sets: list, with_startup: bool) -> str:
    """One line for each set. The limit has no start-up, so its column is the same in both tables."""
    lines = [
        "| set | programs | ours | peer | limit | ours/peer | ours/limit |",
        "|---|---|---|---|---|---|---|",
    ]
    for current in sets:
        ours, peer = (current.rates(way, with_startup) for way in ("ours", "peer"))
        limit = current.rates("limit", True)
        cells = [current.name, f"{len(current.rows):,}", figure(ours), figure(peer), figure(limit)]
        cells += [ratio(ours, peer), ratio(ours, limit)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def details(sets: list) -> str:
    """Start-up, wall time and how the programs ended."""
    lines = ["| set | way | start-up CPU s | CPU s | wall s | ended |", "|---|---|---|---|---|---|"]
    for current in sets:
        for way in current.ways:
            if not current.seconds[way]:
                continue
            startup = f"{statistics.median(current.startup[way]):.2f}" if current.startup[way] else "not counted"
            ended = ", ".join(f"{status} {count}" for status, count in sorted(current.statuses[way].items()))
            seconds, wall = (statistics.median(values[way]) for values in (current.seconds, current.walls))
            lines.append(f"| {current.name} | {way} | {startup} | {seconds:.2f} | {wall:.1f} | {ended} |")
    return "\n".join(lines)


def answers(sets: list) -> str:
    """How our answers agree with those of the limit, what hostile programs came to, and what protected."""
    lines = []
    for current in sets:
        if not current.compared:
            continue
        equal = current.compared - len(current.differences)
        source = "the reference run" if current.name == "programs_dev" else "the limit"
        lines.append(f"- {current.name}: {equal} of {current.compared} answers of ours are those of {source}")
        lines += [f"  - {difference}" for difference in current.differences[:LISTED]]
        if current.hostile:
            ended = ", ".join(f"{name} {count}" for name, count in sorted(current.hostile.items()))
            lines.append(f"  - hostile: {ended}")
        if len(current.families) > 1:
            used = [f"{name} {sum(cpu):.2f} of {len(cpu)}" for name, cpu in sorted(current.families.items())]
            lines.append(f"  - CPU seconds of ours within the programs: {', '.join(used)}")
        lines += [f"  - {count} under {text}" for text, count in current.protections.most_common(LISTED)]
    return "\n".join(lines)


def machine(python: str) -> str:
    """The machine and the interpreter in a line."""
    model = "unknown processor"
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    asked = "import sys; print(sys.version.split()[0])"
    version = subprocess.run([python, "-c", asked], capture_output=True, text=True).stdout.strip()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {version}, load {load}"


def as_json(sets: list) -> dict:
    """Everything measured, for keeping."""
    return {
        current.name: {
            "programs": len(current.rows),
            "cpu_seconds": dict(current.seconds),
            "startup_cpu_seconds": dict(current.startup),
            "wall_seconds": dict(current.walls),
            "ended": {way: dict(counts) for way, counts in current.statuses.items()},
            "answers_compared": current.compared,
            "answers_different": current.differences,
            "hostile": dict(current.hostile),
        }
        for current in sets
    }
