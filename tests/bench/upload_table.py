# SPDX-License-Identifier: Apache-2.0
# From runs to a table of medians and ratios.
"""A ratio is of messages a second, so that programs that got a part of the archive compare. The
ceiling's login is before its clock; a second ratio counts it, as it is counted for all others."""

import statistics
from dataclasses import dataclass

HEAD = ("| who | messages | seconds | messages/s | MB/s | to the ceiling | with its login "
        "| CPU s/GB | peak MiB |\n" + "| --- " * 9 + "|")


@dataclass
class Run:
    """One run of one contender."""

    who: str
    round: int
    messages: int
    bytes: int  # of the mbox
    seconds: float
    seconds_with_login: float
    cpu_seconds: float
    peak_kib: int = 0  # 0: not measured
    is_ceiling: bool = False


@dataclass
class Summary:
    """The medians of one contender's runs."""

    who: str
    messages: int
    bytes: int
    seconds: float
    seconds_with_login: float
    cpu_seconds: float
    peak_kib: int
    is_ceiling: bool

    def rate(self):
        return self.messages / self.seconds

    def rate_with_login(self):
        return self.messages / self.seconds_with_login

    def cpu_per_gigabyte(self):
        return self.cpu_seconds / self.bytes * 1e9


def summaries(runs):
    """One Summary for each name, in the order of their first runs."""
    names = list(dict.fromkeys(one.who for one in runs))
    return [_summary([one for one in runs if one.who == name]) for name in names]


def _summary(runs):
    def median(name):
        return statistics.median(getattr(one, name) for one in runs)
    first = runs[0]
    return Summary(first.who, first.messages, first.bytes, median("seconds"),
                   median("seconds_with_login"), median("cpu_seconds"),
                   max(one.peak_kib for one in runs), first.is_ceiling)


def best_ceiling(rows):
    """The ceiling with the highest rate; None without any."""
    return max((one for one in rows if one.is_ceiling), key=Summary.rate, default=None)


def table(runs):
    """Markdown lines."""
    rows = summaries(runs)
    best = best_ceiling(rows)
    return "\n".join([HEAD, *(_line(one, best) for one in rows)])


def _line(one, best):
    ratio = one.rate() / best.rate() if best else 0
    with_login = one.rate_with_login() / best.rate_with_login() if best else 0
    who = f"**{one.who}**" if one is best else one.who
    peak = f"{one.peak_kib / 1024:.1f}" if one.peak_kib else ""
    return (f"| {who} | {one.messages} | {one.seconds:.2f} | {one.rate():.0f} "
            f"| {one.bytes / one.seconds / 1e6:.1f} | {ratio:.3f} | {with_login:.3f} "
            f"| {one.cpu_per_gigabyte():.2f} | {peak} |")


def pairs(runs, who):
    """A sentence: `who` against the best ceiling, round by round. Empty without both."""
    best = best_ceiling(summaries(runs))
    mine = {one.round: one for one in runs if one.who == who}
    if not best or not mine:
        return ""
    theirs = {one.round: one for one in runs if one.who == best.who}
    ratios = [(mine[number].messages / mine[number].seconds) /
              (theirs[number].messages / theirs[number].seconds)
              for number in sorted(mine.keys() & theirs.keys())]
    return (f"{who} to {best.who}, round by round: median {statistics.median(ratios):.3f}, "
            f"lowest {min(ratios):.3f}, highest {max(ratios):.3f}")
