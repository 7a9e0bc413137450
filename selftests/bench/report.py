#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/bench.sh measured: tables, bench.json, bench.svg, and whether goals are met.

report.py DIRECTORY: it has bench.log, the lines of bench.sh, and bench.counts, those of the
plugin, one for each row. The status is 0 only if all is met and no packet was lost.
"""
import json
import statistics
import subprocess
import sys
import textwrap
from collections import defaultdict
from dataclasses import dataclass, field

REP_BYTES = 32      # moved by one instruction's worth of a string instruction
TOLERANCE = 0.05    # of what the peers cost
PATHS = ("gateway", "host")
NAMES = {
    "plain": "plain forwarding", "gemcast": "gemcast", "xfrm": "XFRM",
    "xfrm-link": "XFRM, to 224.0.0.200", "xfrm-unicast": "XFRM, to one host",
    "macsec": "MACsec", "wireguard": "WireGuard", "raw": "AES-GCM alone",
    "parallel": "gemcast, parallel",
}
NOT_AES = ("wireguard",)
# Above plain forwarding, by pktgen over gateways; of plain, itself.
PEERS = {
    (64, "plain"): 14060, (64, "xfrm"): 17030, (64, "macsec"): 7870, (64, "wireguard"): 29350,
    (1400, "plain"): 13820, (1400, "xfrm"): 22600, (1400, "macsec"): 13110,
    (1400, "wireguard"): 44080,
}
GOALS = {64: 5750, 1400: 11300}
GSO_GAIN = 2
BESIDE = 0.01       # of plain forwarding
STATES = {"loaded": "the module without policies", "policies": "policies for other groups",
          "hooks": "no module, two empty hooks",
          "chains": "no module, two empty chains of nftables"}
GROWTH = {"objects": "policies and SAs", "senders": "senders in one SA", "peers": "peers by UDP"}


@dataclass
class Cell:
    """The rounds of one measurement."""
    instructions: list = field(default_factory=list)
    rate: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    lost: int = 0
    refused: bool = False

    def take(self, wanted, received, counts):
        instructions, moved, wall, cpu = counts
        if received == "refused":
            self.refused = True
            return
        self.lost += max(wanted - int(received), 0)
        if self.lost:
            return
        self.instructions.append((instructions + moved / REP_BYTES) / wanted)
        self.rate.append(wanted * 1e9 / wall)
        self.cpu.append(cpu / wanted / 1000)

    @property
    def valid(self):
        return bool(self.instructions) and not self.lost and not self.refused

    @property
    def cost(self):
        return statistics.median(self.instructions)


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


class Table:
    """Columns, those with > to the right, and rows, all of words."""
    def __init__(self, title, *columns):
        self.title = title
        self.right = [column.startswith(">") for column in columns]
        self.columns = [column.lstrip(">") for column in columns]
        self.rows = []

    def add(self, *words):
        self.rows.append(words)

    def text(self):
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows)]
        lines = [textwrap.fill(self.title, 100), ""]
        for row in [self.columns, *self.rows]:
            words = [word.rjust(width) if right else word.ljust(width)
                     for word, width, right in zip(row, widths, self.right)]
            lines.append("  ".join(words).rstrip())
        return "\n".join(lines)

    def markdown(self):
        rule = ["---:" if right else "---" for right in self.right]
        rows = ["| " + " | ".join(row) + " |" for row in [self.columns, rule, *self.rows]]
        return "\n".join([textwrap.fill(self.title + ".", 110), "", *rows, ""])


class Bench:
    def __init__(self, directory):
        self.directory = directory
        self.cells = defaultdict(Cell)
        self.crypto = defaultdict(dict)
        self.drivers = {}
        self.facts = {}
        self.memory = {}    # of the most objects that were made of a kind: count, bytes
        self.verdicts = []
        self.voids = []
        self.read()

    def read(self):
        with open(f"{self.directory}/bench.counts") as file:
            counts = [[int(word) for word in line.split()] for line in file]
        rows = []
        with open(f"{self.directory}/bench.log") as file:
            for line in file:
                kind, *words = line.split() or [""]
                if kind == "row":
                    rows.append(words)
                elif kind == "crypto":
                    self.crypto[words[0]][words[1]] = int(words[2])
                elif kind == "driver":
                    self.drivers[words[0]] = words[1]
                elif kind == "memory" and int(words[1]) > self.memory.get(words[0], (0, 0))[0]:
                    self.memory[words[0]] = int(words[1]), int(words[2])
                elif kind == "kernel":
                    self.facts["kernel"] = words[0]
        if len(rows) != len(counts):
            sys.exit(f"bench: {len(rows)} rows, but {len(counts)} were counted")
        for (part, case, load, payload, turn, wanted, received), counted in zip(rows, counts):
            cell = self.cells[part, case, load, int(payload)]
            if int(turn):
                cell.take(int(wanted), received, counted)
            elif received != "refused" and int(received) < int(wanted):
                cell.lost += int(wanted) - int(received)
        for key, cell in self.cells.items():
            if cell.lost:
                self.voids.append(key)

    def cost(self, *key):
        """Instructions for a packet, or None."""
        cell = self.cells.get(key)
        return cell.cost if cell and cell.valid else None

    def above(self, path, case, load, payload):
        cost, plain = self.cost(path, case, load, payload), self.cost(path, "plain", load, payload)
        return None if cost is None or plain is None else cost - plain

    def raw(self, case, payload):
        return None if case in NOT_AES + ("plain",) else self.cost("aead", "raw", "both", payload)

    def verdict(self, met, text):
        self.verdicts.append({"met": bool(met), "what": text})

    # --- what is held against what -------------------------------------------------

    def judge(self):
        for part, case, load, payload in self.voids:
            lost = self.cells[part, case, load, payload].lost
            self.verdict(False, f"{part}, {case}, {load}, {payload} bytes: void, {lost} packets lost")
        self.judge_drivers()
        self.judge_peers()
        self.judge_gateway()
        self.judge_host()
        self.judge_gso()
        self.judge_beside()

    def judge_drivers(self):
        for who, driver in sorted(self.drivers.items()):
            fast = [name for algorithm in ("rfc4106(gcm(aes))", "__rfc4106(gcm(aes))")
                    for name in self.crypto[algorithm]
                    if "gcm_base(" not in name and "cryptd" not in name]
            slow = "gcm_base(" in driver and fast
            self.verdict(not slow, f"{who} has the driver {driver}" +
                         (f", and there is {fast[0]}" if slow else ""))

    def judge_peers(self):
        for (payload, case), was in PEERS.items():
            found = (self.cost if case == "plain" else self.above)("gateway", case, "pktgen", payload)
            if found is None:
                continue
            sign = "" if case == "plain" else "+"
            self.verdict(abs(found - was) <= TOLERANCE * was,
                         f"{NAMES[case]}, {payload} bytes: {sign}{found:,.0f}, "
                         f"known as {sign}{was:,} ({found / was - 1:+.1%}; within {TOLERANCE:.0%})")

    def judge_gateway(self):
        for payload, goal in GOALS.items():
            found = self.above("gateway", "gemcast", "pktgen", payload)
            if found is None:
                continue
            self.verdict(found <= goal, f"gemcast, {payload} bytes: +{found:,.0f} above plain "
                                        f"forwarding, goal +{goal:,}")
            raw = self.raw("gemcast", payload)
            peer = self.above("gateway", "macsec", "pktgen", payload)
            if raw and peer:
                self.verdict(found - raw <= (peer - raw) / 2,
                             f"gemcast, {payload} bytes: {found - raw:,.0f} above plain forwarding "
                             f"and AES-GCM, half of MACsec's {peer - raw:,.0f} is "
                             f"{(peer - raw) / 2:,.0f}")

    def judge_host(self):
        """Ahead of XFRM as over gateways."""
        for payload, goal in GOALS.items():
            found = self.above("host", "gemcast", "udp", payload)
            peer = self.above("host", "xfrm", "udp", payload)
            if found is not None and peer is not None:
                limit = peer * goal / PEERS[payload, "xfrm"]
                self.verdict(found <= limit,
                             f"gemcast, {payload} bytes, host to host: +{found:,.0f} above plain, "
                             f"XFRM's +{peer:,.0f} and the margin over gateways allow +{limit:,.0f}")
            member = self.above("host", "gemcast", "member", payload)
            if found is not None and member is not None:
                self.verdict(member <= found,
                             f"gemcast, {payload} bytes, a member on the sender's host: "
                             f"+{member:,.0f} above plain, without one +{found:,.0f}")

    def judge_gso(self):
        """Host to host AES-GCM and the sockets alone are more than half of one."""
        for payload in sorted({key[3] for key in self.cells}):
            batch = self.cost("gateway", "gemcast", "gso", payload)
            single = self.cost("gateway", "gemcast", "udp", payload)
            if batch and single:
                self.verdict(batch * GSO_GAIN <= single,
                             f"gemcast, {payload} bytes: {batch:,.0f} a packet of a batch, "
                             f"{single:,.0f} one by one; goal {single / GSO_GAIN:,.0f}")

    def judge_beside(self):
        """Policies need hooks, which cost what they do whatever is done in them."""
        for state, base in (("loaded", "without"), ("policies", "hooks")):
            for load in ("multicast", "unicast"):
                found, least = self.beside(state, load), self.beside(base, load)
                if found is not None and least is not None:
                    self.verdict(found - least <= BESIDE,
                                 f"unprotected {load}, {STATES[state]}: {found - least:+.2%} of "
                                 f"plain forwarding above {STATES.get(base, 'no module')}, goal "
                                 f"{BESIDE:.0%}")

    def beside(self, state, load):
        cost = self.cost("beside", state, load, 64)
        without = self.cost("beside", "without", load, 64)
        return None if cost is None or without is None else cost / without - 1

    # --- what is written -----------------------------------------------------------

    def rows(self):
        for (part, case, load, payload), cell in self.cells.items():
            row = {"part": part, "case": case, "load": load, "payload": payload,
                   "rounds": len(cell.instructions), "lost": cell.lost, "refused": cell.refused}
            if cell.valid:
                row["instructions"] = spread(cell.instructions)
                row["packets_per_second"] = spread(cell.rate)
                row["cpu_us"] = spread(cell.cpu)
                if part in PATHS and case != "plain":
                    row["above_plain"] = self.above(part, case, load, payload)
                    raw = self.raw(case, payload)
                    if raw is not None and row["above_plain"] is not None:
                        row["above_plain_and_aead"] = row["above_plain"] - raw
            yield row

    def write_json(self):
        with open(f"{self.directory}/bench.json", "w") as file:
            json.dump({**self.facts, "drivers": self.drivers, "crypto": self.crypto,
                       "rows": list(self.rows()), "memory": self.memory_each(),
                       "goals": self.verdicts}, file, indent=1)
            file.write("\n")

    def path_table(self, path):
        title = {"gateway": "Sender, gateway A, gateway B, receiver", "host": "Host to host"}[path]
        table = Table(f"{title}: instructions for a packet, and by the clock of the host packets a "
                      "second and the CPU's time for one, as median (lowest to highest)",
                      "load", ">bytes", "case", ">all", ">above plain", ">AES-GCM", ">above both",
                      ">packets/s", ">us")
        for row in sorted((row for row in self.rows() if row["part"] == path),
                          key=lambda row: (row["load"], row["payload"])):
            words = [row["load"], str(row["payload"]), NAMES[row["case"]]]
            if "instructions" not in row:
                table.add(*words, "refused" if row["refused"] else "void", *[""] * 5)
                continue
            raw = self.raw(row["case"], row["payload"])
            table.add(*words, number(row["instructions"]["median"]),
                      number(row.get("above_plain"), "+"), number(raw),
                      number(row.get("above_plain_and_aead")),
                      *[f"{number(found['median'])} ({number(found['min'])} to "
                        f"{number(found['max'])})"
                        for found in (row["packets_per_second"], row["cpu_us"])])
        return table

    def memory_each(self):
        return {name: size / count for name, (count, size) in self.memory.items()}

    def beside_table(self):
        table = Table("Traffic that is not ours, over the gateways, 64 bytes: instructions for a "
                      "packet", "load", "case", ">all", ">above none")
        for load in ("multicast", "unicast"):
            for state in ("without", *STATES):
                found = self.beside(state, load)
                if found is not None:
                    table.add(load, STATES.get(state, "no module"),
                              number(self.cost("beside", state, load, 64)), f"{found:+.2%}")
        return table

    def growth_table(self):
        """Each beside the first of its kind; a further peer beside what one costs."""
        table = Table("Growth, host to host, 64 bytes: instructions for a packet",
                      ">number", "of", ">all", ">above the first", ">for each further one")
        first = {}
        for (part, case, _, _), cell in self.cells.items():
            kind, _, count = case.partition(":")
            if part != "growth" or not cell.valid:
                continue
            n, cost = first.setdefault(kind, (int(count), cell.cost))
            more = cell.cost - cost
            table.add(number(int(count)), GROWTH[kind], number(cell.cost), f"{more / cost:+.1%}",
                      number(more / (int(count) - n)) if kind == "peers" and more else "")
        return table

    def memory_table(self):
        table = Table("Memory of an object, as of many", "object", ">bytes", ">of so many")
        for name, size in sorted(self.memory_each().items()):
            table.add(name, number(size), number(self.memory[name][0]))
        return table

    def tables(self):
        parts = {key[0] for key in self.cells}
        tables = [self.path_table(path) for path in PATHS if path in parts]
        tables += [self.beside_table(), self.growth_table(), self.memory_table()]
        return [table for table in tables if table.rows]

    def verdict_lines(self):
        return [f"{'met' if verdict['met'] else 'missed':8}{verdict['what']}"
                for verdict in self.verdicts]

    def print_all(self):
        for table in self.tables():
            print(f"\n{table.text()}")
        print("\n" + "\n".join(self.verdict_lines()))

    def write_tables(self):
        with open(f"{self.directory}/bench.md", "w") as file:
            for table in self.tables():
                file.write(table.markdown() + "\n")
            file.write("What is held against the goals, and against what is known of the peers:\n\n")
            file.writelines(f"    {line}\n" for line in self.verdict_lines())

    def chart(self):
        """Bars above plain forwarding, a group for each payload, AES-GCM below."""
        blocks, payloads = [], []
        for payload in sorted({key[3] for key in self.cells if key[0] == "gateway"}):
            lines = []
            for case in NAMES:
                above = self.above("gateway", case, "pktgen", payload)
                if case == "plain" or above is None:
                    continue
                raw = self.raw(case, payload) or 0
                lines.append(f'"{NAMES[case]}" {raw:.0f} {above - raw:.0f}')
            if lines:
                blocks.append("\n".join(lines))
                payloads.append(payload)
        if not blocks:
            return
        data = "\n\n\n".join(blocks)
        plots, labels, at = [], [], 0
        for index, payload in enumerate(payloads):
            bars = blocks[index].count("\n") + 1
            labels.append(f"set label '{payload} bytes' at {at + (bars - 1) / 2}, graph 0.95 center")
            at += bars + 1
            below, above = ("notitle", "notitle") if index else \
                ("title 'AES-GCM alone'", "title 'all else'")
            plots.append(f"newhistogram, $data index {index} using 2:xtic(1) {below} "
                         f"lc rgb '#9aa5b1', '' index {index} using 3 {above} lc rgb '#2f6f9f'")
        labels = "\n".join(labels)
        script = f"""set terminal svg size 960,560 font 'sans-serif,11' background 'white'
set output '{self.directory}/bench.svg'
set title 'Instructions for a packet above plain forwarding: two gateways, pktgen'
set style data histograms
set style histogram rowstacked
set style fill solid 1 border -1
set boxwidth 0.7
set grid ytics lc rgb '#d0d0d0'
set yrange [0:*]
set offsets 0, 0, graph 0.1, 0
set xtics rotate by -40 nomirror
set bmargin 9
set key outside top center horizontal
{labels}
$data << EOD
{data}
EOD
plot {', '.join(plots)}
"""
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
        with open(f"{self.directory}/bench.svg", "r+") as file:
            declaration, rest = file.read().split("\n", 1)
            file.seek(0)
            file.write(f"{declaration}\n<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n{rest}")


def number(value, sign=""):
    return "" if value is None else f"{value:{sign},.0f}"


def main():
    bench = Bench(sys.argv[1])
    bench.judge()
    bench.write_json()
    bench.write_tables()
    bench.chart()
    bench.print_all()
    missed = sum(not verdict["met"] for verdict in bench.verdicts)
    print(f"\n{len(bench.verdicts) - missed} met, {missed} missed; all of it: "
          f"{bench.directory}/bench.json, .md, .svg, .log")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
