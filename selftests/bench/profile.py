#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a case's instructions go: each function's, and above those of another case.

profile.py DIRECTORY PLAIN CASE PACKETS: it has profile.CASE and profile.PLAIN, of the plugin,
and log.CASE and log.PLAIN with the kernel's symbols.
"""
import bisect
import sys
from collections import Counter

KERNEL = 1 << 63
SHOWN = 60


def functions(directory, case, packets):
    """Instructions for a packet, by function."""
    symbols = []
    with open(f"{directory}/log.{case}") as file:
        for line in file:
            if line.startswith("symbol "):
                _, address, _, name, *module = line.split()
                symbols.append((int(address, 16), " ".join([name, *module])))
    symbols.sort()
    addresses = [address for address, _ in symbols]
    found = Counter()
    with open(f"{directory}/profile.{case}") as file:
        for line in file:
            address, count = line.split()
            index = bisect.bisect_right(addresses, int(address, 16)) - 1
            name = symbols[index][1] if int(address, 16) >= KERNEL and index >= 0 else "user space"
            found[name] += int(count) / packets
    return found


def main():
    directory, before, case, packets = *sys.argv[1:4], int(sys.argv[4])
    plain, other = (functions(directory, name, packets) for name in (before, case))
    more = {name: other[name] - plain[name] for name in {*plain, *other}}
    print(f"{case}: {other.total():,.0f} instructions for a packet, {sum(more.values()):+,.0f} "
          f"above {before};\nfor each function above {before}, and in all\n")
    for name, count in sorted(more.items(), key=lambda item: -abs(item[1]))[:SHOWN]:
        print(f"{count:+9,.0f} {other[name]:8,.0f}  {name}")


if __name__ == "__main__":
    main()
