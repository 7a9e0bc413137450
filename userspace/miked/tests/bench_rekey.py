#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a rekey costs: members in one process (build/followers) follow those of miked, which
are delivered in-band, to each by its IKE SA, and by multicast. For each number of members:
the time from the command until the last of them has the new keys in its data plane, and
what goes over the wire, as medians of rounds with the least and the most.

Key server and members are in network namespaces of their own with a wire between them;
needs root. Ends with 1 if a member does not follow.
"""
import argparse
import json
import os
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from bench_ks import (HERE, PROPOSAL, SECONDS, SECRET, Failure, Miked, cpu_ms, fill, processor,
                      spread, tail, version, write)

PATIENCE = 120                  # no rekey takes so long
QUIET = 1.5                     # of which nothing more is said of a rekey
KS, GM, FIRST = "10.0.0.1", "10.0.0.2", "10.1.0.1"

KS_CONF = f"""\
log: {{ target: stderr }}
control: {{ socket: DIR/ks/socket }}
local: {{ addresses: [ {KS} ], ports: [ 848 ], nat-port: 0 }}
ike: {{ proposals: [ PROPOSAL ] }}
credentials:
- {{ name: here, identity: ks.example.org CERTIFICATE }}
TRUST
key-server:
  credential: here
  groups:
  - name: bench
    traffic: [ {{ destination: 239.1.1.1 }} ]
    lifetime: 24 h
    members: [ {{ identity: "*.example.org", role: receiver }} ]
    rekey:
      address: 239.255.1.1
      source: {KS}
      interface: ks0
      interval: 200 ms
      retransmissions: 3
"""

WAYS = {
    "in-band": "      transport: unicast\n",
    "multicast": "      transport: multicast\n",
}

MEMBERS_CONF = f"""\
log: {{ target: stderr, level: warning }}
local: {{ addresses: [ 0.0.0.0 ], ports: [ 20848 ], nat-port: 0 }}
ike: {{ proposals: [ PROPOSAL ] }}
credentials:
- {{ name: gm1, identity: gm1.example.org }}
psk: [ {{ peer: ks.example.org, file: DIR/psk }} ]
member:
  credential: gm1
  key-servers:
  - name: ks
    address: {KS}
    identity: ks.example.org
    may-give: [ {{ destination: 239.0.0.0/8 }} ]
  groups: [ {{ name: bench, key-servers: [ ks ], role: receiver, register: start,
               interface: gm0 }} ]
"""


class KeyServer(Miked):
    def __init__(self, directory, way):
        self.text = KS_CONF + WAYS[way]
        super().__init__(directory, "psk")
        self.control = socket.socket(socket.AF_UNIX)
        self.control.settimeout(SECONDS)
        self.control.connect(f"{directory}/ks/socket")

    def rekey(self):
        """When the command was given."""
        request = json.dumps({"method": "ks.rekey", "parameters": {"group": "bench"}})
        began = time.monotonic()
        self.control.sendall(request.encode() + b"\0")
        answer = b""
        while not answer.endswith(b"\0"):
            more = self.control.recv(4096)
            if not more:
                raise Failure(f"the key server hung up\n{tail(self.log)}")
            answer += more
        if b"error" in answer:
            raise Failure(answer.decode())
        return began


class Followers:
    def __init__(self, directory, members, at_once):
        conf = write(f"{directory}/members.conf",
                     fill(MEMBERS_CONF, dir=directory, proposal=PROPOSAL))
        self.log = f"{directory}/members.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", "members", f"{HERE}/build/followers", conf,
                 str(members), str(at_once), FIRST],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.said = b""

    def line(self, patience):
        end = time.monotonic() + patience
        while b"\n" not in self.said:
            left = max(0, end - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                return None
            more = os.read(self.process.stdout.fileno(), 4096)
            if not more:
                return None
            self.said += more
        line, self.said = self.said.split(b"\n", 1)
        return line.decode()

    def follow(self):
        """When the first and the last of them had the next SA."""
        line = self.line(PATIENCE)
        if not line:
            raise Failure(f"not all members follow\n{tail(self.log)}")
        words = dict(word.split("=") for word in line.split())
        return float(words["first"]), float(words["last"])

    def register(self):
        if not self.line(SECONDS):
            raise Failure(f"the members do not start\n{tail(self.log)}")
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()
        self.follow()

    def stop(self):
        self.process.stdin.close()
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def wire():
    """What the key server has received and sent: bytes with Ethernet's header, frames."""
    with open("/proc/self/net/dev") as file:
        words = next(line for line in file if line.strip().startswith("ks0:")).split()
    return {"received_bytes": int(words[1]), "received_frames": int(words[2]),
            "sent_bytes": int(words[9]), "sent_frames": int(words[10])}


def less(after, before):
    return {key: value - before[key] for key, value in after.items()}


def quiet():
    """Until nothing more comes or goes."""
    last, since = wire(), time.monotonic()
    while time.monotonic() < since + QUIET:
        time.sleep(0.05)
        now = wire()
        if now != last:
            last, since = now, time.monotonic()
    return last


def rekey(server, followers):
    pid = server.process.pid
    before, cpu = quiet(), cpu_ms(pid)
    began = server.rekey()
    first, last = followers.follow()
    until = less(wire(), before)
    in_all = less(quiet(), before)
    return {"first_ms": (first - began) * 1e3, "last_ms": (last - began) * 1e3,
            "server_cpu_ms": cpu_ms(pid) - cpu,
            "bytes": until["sent_bytes"] + until["received_bytes"],
            "frames": until["sent_frames"] + until["received_frames"],
            "all_bytes": in_all["sent_bytes"] + in_all["received_bytes"],
            "all_frames": in_all["sent_frames"] + in_all["received_frames"], **in_all}


def measure(directory, way, members, args):
    server = KeyServer(directory, way)
    try:
        followers = Followers(directory, members, args.at_once)
        try:
            followers.register()
            rounds = [rekey(server, followers) for _ in range(args.rounds)]
        finally:
            status = followers.stop()
    finally:
        ended = server.stop()
    if status or ended:
        raise Failure(f"members ended with {status}, miked with {ended}\n"
                      f"{tail(followers.log)}{tail(server.log)}")
    return rounds


COLUMNS = (("first_ms", "first has it, ms", "%.1f"), ("last_ms", "all have it, ms", "%.1f"),
           ("bytes", "bytes until then", "%.0f"), ("frames", "frames", "%.0f"),
           ("all_bytes", "bytes in all", "%.0f"), ("server_cpu_ms", "server CPU ms", "%.1f"))


def row(title, cells):
    print(f"  {title:20}" + "".join(f"{cell:>28}" for cell in cells), flush=True)


def run(directory, args):
    facts = {"rounds": args.rounds, "proposal": PROPOSAL, **processor(),
             "miked": version([f"{HERE}/miked", "--version"])}
    print(f"{PROPOSAL}; {facts['cpus']} CPUs ({facts['cpu']}), load {facts['load']:.1f}; medians "
          f"of {args.rounds} rekeys (least..most)")
    row("members", [title for _, title, _ in COLUMNS])
    results = []
    for members in args.members:
        for way in WAYS:
            rounds = measure(directory, way, members, args)
            result = {key: spread(rounds, key) for key in rounds[0]}
            row(f"{members}, {way}", [f"{form} ({form}..{form})" % tuple(result[key].values())
                                      for key, _, form in COLUMNS])
            results.append({"members": members, "way": way, **result, "rekeys": rounds})
    with open(args.json, "w") as file:
        json.dump({**facts, "results": results}, file, indent=1)
        file.write("\n")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def build_wire():
    """ks0 here, gm0 in the namespace members, which has all addresses of 10.1.0.0/16."""
    ip("netns", "add", "members")
    ip("link", "add", "ks0", "type", "veth", "peer", "name", "gm0", "netns", "members")
    ip("address", "add", f"{KS}/24", "dev", "ks0")
    ip("link", "set", "ks0", "up")
    ip("route", "add", "10.1.0.0/16", "via", GM)
    ip("-n", "members", "link", "set", "lo", "up")
    ip("-n", "members", "address", "add", f"{GM}/24", "dev", "gm0")
    ip("-n", "members", "link", "set", "gm0", "up")
    ip("-n", "members", "route", "add", "local", "10.1.0.0/16", "dev", "lo")


def inside(args):
    directory = args.inside
    os.chmod(directory, 0o711)
    write(f"{directory}/psk", SECRET + "\n")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    ip("link", "set", "lo", "up")
    build_wire()
    try:
        run(directory, args)
    except Failure as failure:
        sys.exit(f"bench-rekey: {failure}")


def main():
    parser = argparse.ArgumentParser(description="What a rekey costs.")
    parser.add_argument("--members", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", default=f"{HERE}/build/bench-rekey.json")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.json = os.path.abspath(args.json)
    if args.inside:
        inside(args)
        return
    if os.geteuid():
        sys.exit("bench-rekey: only root can have network namespaces and become another user")
    for tool in ("ip", "unshare"):
        if not shutil.which(tool):
            sys.exit(f"bench-rekey: {tool} is missing: apt install iproute2 util-linux")
    with tempfile.TemporaryDirectory() as directory:
        sys.exit(subprocess.run(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--propagation", "private", sys.executable, *sys.argv,
             "--inside", directory]).returncode)


if __name__ == "__main__":
    main()
