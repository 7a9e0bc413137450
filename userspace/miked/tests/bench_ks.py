#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a registration costs a key server: members in one process (build/members) register
to miked; beside it, in turn, the same members begin IKE SAs with strongSwan's charon, and
strongSwan's load-tester does so with itself, both ends in one charon. For each:
registrations a second, CPU time and memory for one, as medians of rounds with the least
and the most. A server is started anew for each round. miked takes its turns without a
store and with one, which is a file in the directory for temporary files ($TMPDIR).

In namespaces and a directory of its own; needs root. Ends with 1 if a member fails, or
holds other SAs than the rest.
"""
import argparse
import json
import os
import platform
import pwd
import re
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SECONDS = 60                    # no start takes so long
PATIENCE = 600                  # nor all registrations of a round
USER = pwd.getpwnam("nobody")   # that miked becomes
PROPOSAL = "aes128gcm16-prfsha256-x25519"
CHARON = "/usr/lib/ipsec/charon"
PLUGINS = "/usr/lib/ipsec/plugins"
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAS = 2                         # one for each traffic of KS_CONF
AUTHS = {"psk": "pre-shared key", "ed25519": "certificates, Ed25519"}

KS_CONF = """\
log: { target: stderr }
control: { socket: DIR/ks/socket }
local: { addresses: [ 127.0.0.1 ], ports: [ 848 ], nat-port: 0 }
ike: { proposals: [ PROPOSAL ] }
credentials:
- { name: here, identity: ks.example.org CERTIFICATE }
TRUST
key-server:
  credential: here
  groups:
  - name: bench
    traffic: [ { destination: 239.1.1.1 }, { destination: 239.1.1.2 } ]
    lifetime: 24 h
    members: [ { identity: "*.example.org", role: both } ]
    rekey: { transport: unicast }
"""

STORE_CONF = KS_CONF.replace("  groups:", """\
  store: DIR/ks/ks.db
  master-key: DIR/ks/master
  groups:""")

MEMBERS_CONF = """\
log: { target: stderr, level: warning }
local: { addresses: [ 0.0.0.0 ], ports: [ 20848 ], nat-port: 0 }
ike: { proposals: [ PROPOSAL ] }
credentials:
- { name: gm1, identity: gm1.example.org CERTIFICATE }
TRUST
member:
  credential: gm1
  key-servers:
  - name: ks
    address: 127.0.0.1
    port: PORT
    identity: ks.example.org
    may-give: [ { destination: 239.0.0.0/8 } ]
  groups: [ { name: bench, key-servers: [ ks ], role: both } ]
"""

# The options are those that charon's documentation has for many IKE SAs. OpenSSL does all
# cryptography, as it does miked's. Both log a line for each.
CHARON_CONF = """\
charon {
	load = random nonce openssl kdf pem pkcs1 pkcs8 x509 pubkey constraints socket-default \
PLUGIN
	ikesa_table_size = 4096
	ikesa_table_segments = 16
	dos_protection = no
	reuse_ikesa = no
	signature_authentication = yes
	filelog {
		log {
			path = LOG
			default = 0
			flush_line = yes
		}
	}
	plugins {
		vici {
			socket = unix://DIR/vici
		}
		load-tester {
			enable = yes
			fake_kernel = yes
			socket = unix://DIR/load-tester
			version = 2
			proposal = PROPOSAL
			esp = aes128gcm16
			initiator_auth = psk
			responder_auth = psk
			initiator_id = gm%d.example.org
			initiator_match = *.example.org
			responder_id = ks.example.org
			responder = 127.0.0.1
		}
	}
}
"""

SWANCTL_CONF = """\
connections {
	members {
		version = 2
		local_addrs = 127.0.0.1
		proposals = PROPOSAL
		childless = force
		rekey_time = 0
		local {
			id = ks.example.org
			LOCAL
		}
		remote {
			id = *.example.org
			REMOTE
		}
	}
}
secrets {
	ike {
		secret = SECRET
	}
}
"""

SECRET = "0x000102030405060708090a0b0c0d0e0f"


class Failure(Exception):
    pass


def write(path, text, mode=0o600, owner=None):
    with open(path, "w") as file:
        os.chmod(path, mode)
        file.write(text)
    if owner:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    return path


def fill(text, **words):
    for word, value in words.items():
        text = text.replace(word.upper(), str(value))
    return text


def tail(path):
    with open(path, errors="replace") as file:
        return "".join(file.readlines()[-15:])


def until(condition, what, process, log):
    end = time.monotonic() + SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            raise Failure(f"{what}\n{tail(log)}")
        time.sleep(0.02)


def cpu_ms(pid):
    """User and system time of all its threads, as /proc/PID/stat has it but not in ticks."""
    return time.clock_gettime_ns(~pid << 3 | 2) / 1e6


def memory_kib(pid):
    """Resident memory; VmRSS, counted exactly."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Rss:\s*(\d+) kB", file.read(), re.M)[1])


class Server:
    """A process that members register to."""
    both_ends = False

    def __init__(self, directory, auth):
        self.dir = directory
        self.log = os.path.join(directory, self.name + ".log")
        self.configure(auth)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command(), env=self.env(), cwd=directory,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.await_start()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Miked(Server):
    name = "miked"
    mode = "group"
    port = 848
    what = "GSA_AUTH"
    text = KS_CONF

    def configure(self, auth):
        directory = os.path.join(self.dir, "ks")
        shutil.rmtree(directory, ignore_errors=True)
        os.mkdir(directory, 0o700)
        os.chown(directory, USER.pw_uid, USER.pw_gid)
        certificate, trust = "", f'psk: [ {{ peer: "*.example.org", file: {directory}/psk }} ]'
        write(f"{directory}/psk", SECRET + "\n", owner=USER)
        if auth != "psk":
            for name in ("ks.pem", "ks.key", "ca.pem"):
                shutil.copy(f"{self.dir}/pki/{name}", directory)
                os.chown(f"{directory}/{name}", USER.pw_uid, USER.pw_gid)
            certificate = f", certificate: {directory}/ks.pem, key: {directory}/ks.key"
            trust = f"trust: {{ ca: [ {directory}/ca.pem ] }}"
        self.conf = write(f"{directory}/miked.conf",
                          fill(self.text, dir=self.dir, proposal=PROPOSAL, trust=trust,
                               certificate=certificate), owner=USER)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(f"{directory}/notify")
        os.chmod(f"{directory}/notify", 0o666)

    def command(self):
        return [f"{HERE}/miked", "--config", self.conf, "--user", USER.pw_name]

    def env(self):
        return {**os.environ, "NOTIFY_SOCKET": f"{self.dir}/ks/notify"}

    def await_start(self):
        def ready():
            return (select.select([self.notify], [], [], 0)[0] and
                    b"READY=1" in self.notify.recv(4096))

        until(ready, "miked does not start", self.process, self.log)


class MikedWithStore(Miked):
    """Each registration is on the disk before it is answered."""
    name = "miked+store"
    text = STORE_CONF

    def configure(self, auth):
        super().configure(auth)
        write(f"{self.dir}/ks/master", SECRET + SECRET[2:] + "\n", owner=USER)


class Charon(Server):
    name = "charon"
    mode = "ike"
    port = 500
    what = "IKE_AUTH"

    def configure(self, auth):
        directory = f"{self.dir}/swanctl"
        local = remote = "auth = psk"
        shutil.rmtree(directory, ignore_errors=True)
        for name in ("x509", "x509ca", "private"):
            os.makedirs(f"{directory}/{name}")
        if auth != "psk":
            shutil.copy(f"{self.dir}/pki/ks.pem", f"{directory}/x509")
            shutil.copy(f"{self.dir}/pki/ks.key", f"{directory}/private")
            shutil.copy(f"{self.dir}/pki/ca.pem", f"{directory}/x509ca")
            local, remote = "auth = pubkey\ncerts = ks.pem", "auth = pubkey\ncacerts = ca.pem"
        write(f"{directory}/swanctl.conf",
              fill(SWANCTL_CONF, proposal=PROPOSAL, local=local, remote=remote, secret=SECRET))
        self.plugins("kernel-netlink vici")

    def plugins(self, names):
        write(f"{self.dir}/strongswan.conf",
              fill(CHARON_CONF, dir=self.dir, log=self.log, proposal=PROPOSAL, plugin=names))

    def command(self):
        return [CHARON]

    def env(self):
        return {**os.environ, "STRONGSWAN_CONF": f"{self.dir}/strongswan.conf",
                "SWANCTL_DIR": f"{self.dir}/swanctl"}

    def await_start(self):
        until(lambda: os.path.exists(f"{self.dir}/vici"), "charon does not start", self.process,
              self.log)
        done = subprocess.run(["swanctl", "--load-all", "--noprompt", "--uri",
                               f"unix://{self.dir}/vici"], env=self.env(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise Failure(done.stdout)

    def stop(self):
        status = super().stop()
        for name in ("vici", "load-tester"):
            if os.path.exists(f"{self.dir}/{name}"):
                os.unlink(f"{self.dir}/{name}")
        return status


class LoadTester(Charon):
    name = "load-tester"
    what = "both ends"
    both_ends = True

    def configure(self, auth):
        # load-tester before kernel-netlink: the first has the fake kernel
        self.plugins("load-tester kernel-netlink")

    def await_start(self):
        until(lambda: os.path.exists(f"{self.dir}/load-tester"), "load-tester does not start",
              self.process, self.log)

    def initiate(self, count):
        """So many at one time; how often it sent something again."""
        said = b""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(f"{self.dir}/load-tester")
            control.sendall(b"%d 0\n" % count)
            while not said.endswith(b"\n"):
                more = control.recv(4096)
                if not more:
                    break
                said += more
        if said.count(b"+") != count:
            raise Failure(f"load-tester: {said.decode()}\n{tail(self.log)}")
        return said.count(b"*")


class Members:
    """The process of the members."""

    def __init__(self, directory, auth, server, args):
        pki = f"{directory}/pki"
        certificate = ""
        trust = f"psk: [ {{ peer: ks.example.org, file: {directory}/psk }} ]"
        if auth != "psk":
            certificate = f", certificate: {pki}/gm1.pem, key: {pki}/gm1.key"
            trust = f"trust: {{ ca: [ {pki}/ca.pem ] }}"
        conf = write(f"{directory}/members.conf",
                     fill(MEMBERS_CONF, proposal=PROPOSAL, trust=trust, port=server.port,
                          certificate=certificate))
        self.log = f"{directory}/members.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [f"{HERE}/build/members", conf, server.mode, str(args.members),
                 str(args.at_once)],
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        try:
            self.line(SECONDS)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def line(self, patience):
        found = select.select([self.process.stdout], [], [], patience)[0]
        line = self.process.stdout.readline() if found else ""
        if not line:
            raise Failure(f"the members say nothing\n{tail(self.log)}")
        return line

    def register(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return {key: float(value) for key, value in
                (word.split("=") for word in self.line(PATIENCE).split())}

    def stop(self):
        self.process.stdin.close()
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def register(server, directory, auth, args):
    """All members to this server: what it took."""
    pid = server.process.pid
    members = Members(directory, auth, server, args)
    try:
        cpu, memory = cpu_ms(pid), memory_kib(pid)
        said = members.register()
        cpu, memory = cpu_ms(pid) - cpu, memory_kib(pid) - memory
    finally:
        status = members.stop()
    if status or said["failed"] or said["registered"] != args.members:
        raise Failure(f"{server.name}, {auth}: {said['registered']:.0f} of {args.members} "
                      f"registered\n{tail(members.log)}{tail(server.log)}")
    if server.mode == "group" and said["sas"] != SAS:
        raise Failure(f"members hold {said['sas']:.0f} SAs, not {SAS}")
    return {"seconds": said["seconds"], "server_cpu_ms": cpu,
            "both_cpu_ms": cpu + said["cpu_ms"], "memory_kib": memory,
            "sas": said["sas"], "retransmitted": said["retransmitted"]}


def load_test(server, args):
    """The same, by load-tester itself."""
    pid = server.process.pid
    cpu, memory, start = cpu_ms(pid), memory_kib(pid), time.monotonic()
    retransmitted = sum(server.initiate(min(args.at_once, args.members - done))
                        for done in range(0, args.members, args.at_once))
    return {"seconds": time.monotonic() - start, "both_cpu_ms": cpu_ms(pid) - cpu,
            "memory_kib": memory_kib(pid) - memory, "retransmitted": retransmitted}


KINDS = (Miked, MikedWithStore, Charon, LoadTester)


def measure(kind, directory, auth, args):
    """One round: of one server, all members."""
    server = kind(directory, auth)
    try:
        took = (load_test(server, args) if server.both_ends else
                register(server, directory, auth, args))
    finally:
        ended = server.stop()
    if ended:
        raise Failure(f"{kind.name} ended with {ended}\n{tail(server.log)}")
    for key in ("server_cpu_ms", "both_cpu_ms", "memory_kib"):
        if key in took:
            took[key] /= args.members
    return {"rate": args.members / took["seconds"], **took}


def spread(rounds, key):
    values = [one[key] for one in rounds]
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


COLUMNS = (("rate", "registrations/s", "%.0f"), ("server_cpu_ms", "server CPU ms", "%.3f"),
           ("both_cpu_ms", "both ends' CPU ms", "%.3f"), ("memory_kib", "KiB", "%.1f"))


def row(title, cells):
    print(f"  {title:24}" + "".join(f"{cell:>26}" for cell in cells))


def show(results):
    row("for each", [title for _, title, _ in COLUMNS])
    for auth, of in results.items():
        print(AUTHS[auth])
        for kind, result in of.items():
            row(f"{kind.name}, {kind.what}",
                [f"{form} ({form}..{form})" % tuple(result[key].values())
                 if key in result else "-" for key, _, form in COLUMNS])
        for kind in list(of)[1:] if Miked in of else ():
            row(f"miked / {kind.name}",
                ["%.2f" % (of[Miked][key]["median"] / of[kind][key]["median"])
                 if key in of[kind] and not (kind.both_ends and key == "memory_kib") else "-"
                 for key, _, _ in COLUMNS])


def sync_ms(directory, times=50):
    """What the disk takes to have a few kilobytes: the median."""
    took = []
    path = f"{directory}/sync"
    with open(path, "wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(8192))
            start = time.monotonic()
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - start) * 1000)
    os.unlink(path)
    return statistics.median(took)


def version(command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          check=True).stdout.strip()


def processor():
    cpu = re.search(r"^model name\s*: (.*)", open("/proc/cpuinfo").read(), re.M)
    return {
        "cpus": len(os.sched_getaffinity(0)), "cpu": cpu[1] if cpu else platform.machine(),
        "kernel": platform.release(), "load": os.getloadavg()[0],
    }


def about(args):
    return {
        "members": args.members, "at_once": args.at_once, "rounds": args.rounds,
        "proposal": PROPOSAL, **processor(),
        "miked": version([f"{HERE}/miked", "--version"]),
        "strongswan": version(["dpkg-query", "-W", "-f", "${Version}", "strongswan-charon"])
        if {Charon.name, LoadTester.name} & set(args.only) else None,
        "load_tester": args.load_tester,
    }


def run(directory, args):
    facts = {**about(args), "sync_ms": sync_ms(directory)}
    cases = [(auth, kind) for auth in AUTHS for kind in KINDS if kind.name in args.only and
             (kind is not LoadTester or auth == "psk" and args.load_tester)]
    print(f"{args.members} members, {args.at_once} at one time, {PROPOSAL}; {facts['cpus']} CPUs "
          f"({facts['cpu']}), load {facts['load']:.1f}, a sync of the disk {facts['sync_ms']:.1f} "
          f"ms; medians of {args.rounds} rounds (least..most)", flush=True)
    subprocess.run([f"{HERE}/build/bench_pki", f"{directory}/pki", str(args.members)], check=True)
    rounds = {case: [] for case in cases}
    for number in range(1, args.rounds + 1):
        for auth, kind in cases:
            one = measure(kind, directory, auth, args)
            rounds[auth, kind].append(one)
            print(f"# round {number}, {kind.name}, {auth}: {one['rate']:.0f}/s, "
                  f"{one['both_cpu_ms']:.3f} ms, {one['memory_kib']:.1f} KiB",
                  file=sys.stderr, flush=True)
    results = {auth: {} for auth in AUTHS}
    for (auth, kind), ones in rounds.items():
        results[auth][kind] = {key: spread(ones, key) for key in ones[0]}
    show(results)
    if LoadTester.name in args.only and not args.load_tester:
        print("without strongSwan's load-tester, which Debian does not package: "
              "scripts/load-tester.sh makes it")
    with open(args.json, "w") as file:
        json.dump({**facts, "results": {
            auth: {kind.name: {**of[kind], "rounds": rounds[auth, kind]} for kind in of}
            for auth, of in results.items()}}, file, indent=1)
        file.write("\n")


def add_plugin(directory, path):
    """charon looks for plugins in one directory alone: in our namespace it is another."""
    shutil.copytree(PLUGINS, f"{directory}/plugins")
    shutil.copy(path, f"{directory}/plugins/libstrongswan-load-tester.so")
    subprocess.run(["mount", "--bind", f"{directory}/plugins", PLUGINS], check=True)


def inside(args):
    directory = args.inside
    os.chmod(directory, 0o711)
    os.mkdir(f"{directory}/pki", 0o700)
    write(f"{directory}/psk", SECRET + "\n")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if args.load_tester:
        add_plugin(directory, args.load_tester)
    try:
        run(directory, args)
    except Failure as failure:
        sys.exit(f"bench-ks: {failure}")


def main():
    parser = argparse.ArgumentParser(description="What a registration costs a key server.")
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[kind.name for kind in KINDS],
                        default=[kind.name for kind in KINDS], help="servers")
    parser.add_argument("--json", default=f"{HERE}/build/bench-ks.json")
    parser.add_argument("--load-tester", default="", metavar="FILE",
                        help="strongSwan's plugin, see scripts/load-tester.sh")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.json = os.path.abspath(args.json)
    if args.inside:
        inside(args)
        return
    if os.geteuid():
        sys.exit("bench-ks: only root can have a network namespace and become another user")
    others = {Charon.name, LoadTester.name} & set(args.only)
    for tool in ("ip", "unshare", *([CHARON, "swanctl"] if others else ())):
        if not shutil.which(tool):
            sys.exit(f"bench-ks: {tool} is missing: apt install strongswan-charon "
                     "strongswan-swanctl iproute2 util-linux")
    with tempfile.TemporaryDirectory() as directory:
        sys.exit(subprocess.run(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--propagation", "private", sys.executable, *sys.argv,
             "--inside", directory]).returncode)


if __name__ == "__main__":
    main()
