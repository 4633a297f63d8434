# SPDX-License-Identifier: Apache-2.0
# From runs to a table of medians and ratios.
"""A ratio is of messages a second, so that programs that got a part of the archive compare. The
ceiling's login is before its clock; a second ratio counts it, as it is counted for all others."""

import statistics
from dataclasses import dataclass

OURS = "mboxferry"
HEAD = ("| who | messages | seconds | messages/s | MB/s | to the ceiling | with its login "
        "| mboxferry to it | CPU s/GB | peak MiB |\n" + "| --- " * 10 + "|")


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
    journal_bytes: int = 0  # mboxferry's, at the end


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
    ours = next((one for one in rows if one.who == OURS), None)
    return "\n".join([HEAD, *(_line(one, best, ours) for one in rows)])


def _line(one, best, ours):
    """`best` or `ours` None: nobody to compare with."""
    who = f"**{one.who}**" if one is best else one.who
    to_ceiling = f"{one.rate() / best.rate():.3f}" if best else ""
    with_login = f"{one.rate_with_login() / best.rate_with_login():.3f}" if best else ""
    ours_to_it = f"{ours.rate() / one.rate():.2f}" if ours else ""
    peak = f"{one.peak_kib / 1024:.1f}" if one.peak_kib else ""
    return (f"| {who} | {one.messages} | {one.seconds:.2f} | {one.rate():.0f} "
            f"| {one.bytes / one.seconds / 1e6:.1f} | {to_ceiling} | {with_login} | {ours_to_it} "
            f"| {one.cpu_per_gigabyte():.2f} | {peak} |")


def remarks(runs):
    """Sentences about mboxferry: against the best ceiling round by round, and its journal."""
    best = best_ceiling(summaries(runs))
    ours = {one.round: one for one in runs if one.who == OURS}
    found = []
    if best and ours:
        theirs = {one.round: one for one in runs if one.who == best.who}
        ratios = [theirs[number].seconds / ours[number].seconds for number in sorted(ours)]
        found.append(f"{OURS} to the best ceiling, round by round: median "
                     f"{statistics.median(ratios):.3f}, lowest {min(ratios):.3f}, highest "
                     f"{max(ratios):.3f}.")
    if ours:
        most = max(one.journal_bytes / one.messages for one in ours.values())
        found.append(f"Journal: {most:.0f} bytes a message.")
    return " ".join(found)
