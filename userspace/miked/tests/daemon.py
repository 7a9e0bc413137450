#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
daemon.py MIKED

The daemon itself, as a process: what it says of bad configurations, signals, systemd's
protocols, who it is when it runs, who may talk to it, and that neither its own death nor
slow and hostile clients harm it. In a network namespace and a directory of its own; needs
root, and ends what it started. Prints TAP.
"""
import base64
import ctypes
import fcntl
import grp
import json
import os
import pwd
import random
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SECONDS = 20                    # nothing takes so long
USER = pwd.getpwnam("nobody")
STRANGER = 12345                # a user that miked has never heard of

# ROOT is the directory of the test.
CONF = """\
log: { target: stderr }
control:
  socket: ROOT/run/s
  timeout: 300 ms
local: { addresses: [ 127.0.0.1 ], ports: [ 20848 ], nat-port: 0 }
credentials:
- { name: here, identity: ks.example.org }
psk:
- { peer: "*", file: ROOT/psk }
key-server: { credential: here }
"""

# What follows from one change to CONF: LINE, FIELD and what is wrong.
BAD = [
    ("log: { target: stderr }", "log: { target: stdout }",
     '1: log.target: "stdout": expected auto, journal or stderr'),
    ("  timeout: 300 ms", "  timeout: 300",
     '4: control.timeout: "300": expected a time as 500 ms, 30 s, 5 min, 8 h or 2 d'),
    ("  timeout: 300 ms", "  timeout: 300 ms\n  timeout: 1 s",
     '5: control: option "timeout" is given twice'),
    ("  timeout: 300 ms", "  tiemout: 300 ms",
     '4: control: option "tiemout" is not known (did you mean "timeout"?)'),
    ("  socket: ROOT/run/s", "  socket: run/s",
     '3: control.socket: "run/s": expected a path that begins with /'),
    ("control:\n", "control:\n  group: no-such-group\n",
     '3: control.group: "no-such-group": there is no such group'),
    ("[ 20848 ]", "[ 70000 ]",
     '5: local.ports[0]: "70000": expected a number from 1 to 65535'),
    ("ROOT/psk", "ROOT/none", '9: psk[0].file: "ROOT/none": No such file or directory'),
    ("ROOT/psk", "ROOT/open",
     '9: psk[0].file: "ROOT/open": others may read or write it (mode 0644): chmod 600 it'),
    ("credential: here", "credential: her",
     '10: key-server.credential: "her": credentials has no such name'),
    ("key-server: { credential: here }", "",
     "1: nothing to do: neither key-server nor member"),
    ("{ credential: here }", "{ credential: here, store: ROOT/run/ks.db }",
     "10: key-server.master-key: is missing: what is in the store is wrapped by it"),
    ("{ credential: here }", "{ credential: here, master-key: ROOT/psk }",
     "10: key-server.store: is missing: the master key is for it alone"),
    ("log:", "&a log:", None),
    ("{ name: here", "[ name: here", None),
]

GROUP = {"name": "extra", "traffic": [{"destination": "239.1.1.1"}, {"destination": "239.1.1.2"}],
         "members": [{"identity": "*", "role": "both"}]}

# Of build/members.
MEMBERS = """\
log: { target: stderr, level: warning }
local: { addresses: [ 0.0.0.0 ], ports: [ 20850 ], nat-port: 0 }
credentials: [ { name: gm1, identity: gm1.example.org } ]
psk: [ { peer: ks.example.org, file: ROOT/members.psk } ]
member:
  credential: gm1
  key-servers:
  - name: ks
    address: 127.0.0.1
    port: 20848
    identity: ks.example.org
    may-give: [ { destination: 239.0.0.0/8 } ]
  groups: [ { name: extra, key-servers: [ ks ], role: both } ]
"""

number = 0
failed = 0
root = ""
program = ""
members = ""
started = []


def ok(good, description, more=""):
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {description}")
    if not good:
        for line in str(more).splitlines():
            print(f"# {line}")
    sys.stdout.flush()
    return good


def same(found, wanted, description):
    return ok(found == wanted, description, f"wanted: {wanted!r}\nfound:  {found!r}")


def own_network():
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 1))        # SIOCSIFFLAGS, up


def write(name, text, mode=0o644, owner=0):
    path = os.path.join(root, name)
    with open(path, "w") as file:
        file.write(text.replace("ROOT", root))
    os.chmod(path, mode)
    os.chown(path, owner, -1)
    return path


def configure(*changes):
    text = CONF
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return write("miked.conf", text)


class Miked:
    """One process of it; what it logs, and what it tells systemd."""

    def __init__(self, *words, before=(), user=None, watchdog=None, start=True, cwd=None):
        self.path = os.path.join(root, "run", "s")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = os.path.join(root, f"notify.{len(started)}")
        self.notify.bind(name)
        os.chmod(name, 0o666)
        self.log = ""
        env = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": name}
        if watchdog:
            env["WATCHDOG_USEC"] = str(watchdog)

        def prepare():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
            if user is not None:
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)

        if not words:
            words = ("--config", os.path.join(root, "miked.conf"), "--user", USER.pw_name)
        self.process = subprocess.Popen([*before, program, *words], env=env, cwd=cwd or root,
                                        preexec_fn=prepare,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.pid = self.process.pid
        started.append(self)
        if start and not self.told("READY=1"):
            raise RuntimeError(f"miked does not start: {self.log}")

    def _read(self, timeout):
        """More of its log; False at its end."""
        if not select.select([self.process.stderr], [], [], timeout)[0]:
            return True
        data = os.read(self.process.stderr.fileno(), 65536)
        self.log += data.decode()
        return bool(data)

    def logged(self, text):
        end = time.monotonic() + SECONDS
        while text not in self.log and time.monotonic() < end:
            if not self._read(0.1):
                break
        return text in self.log

    def told(self, text):
        """Wait until it tells systemd this; all that it then said, or an empty string."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = select.select([self.notify, self.process.stderr], [], [], 0.1)[0]
            if self.notify in found:
                message = self.notify.recv(4096).decode()
                if text in message:
                    return message
            elif found and not self._read(0):
                break
        return ""

    def ends(self):
        """Its exit status, negative if a signal ended it."""
        while self._read(SECONDS):
            pass
        return self.process.wait(SECONDS)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.ends()

    def status(self):
        with open(f"/proc/{self.pid}/status") as file:
            return {key: value.strip() for key, _, value in (s.partition(":") for s in file)}

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def client(self):
        return Client(self.path)


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        # may wait for its turn, which with a timeout it would not
        self.socket.connect(path)
        self.socket.settimeout(SECONDS)
        self.rest = b""

    def say(self, data):
        self.socket.sendall(data)

    def hear(self):
        """The next answer; None at the end."""
        while b"\0" not in self.rest:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.rest += data
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        request = json.dumps({"method": method, "parameters": parameters}).encode() + b"\0"
        try:
            self.say(request)
        except BrokenPipeError:
            pass                # why it hung up can be heard
        return self.hear()

    def reason(self):
        answer = self.hear()
        return answer and answer["parameters"].get("reason")

    def close(self):
        self.socket.close()


DONE = {"parameters": {}}
# A request that any miked does.
HARMLESS = ("log.level", {"area": "store", "level": "notice"})


def as_user(uid, gid, groups, path):
    """What another user hears who asks for something harmless."""
    here, there = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            try:
                answer = Client(path).ask(HARMLESS[0], **HARMLESS[1])
                text = answer.get("error", "done") if answer else "nothing"
            except OSError as error:
                text = type(error).__name__
            os.write(there, text.encode())
        finally:
            os._exit(0)
    os.close(there)
    os.waitpid(pid, 0)
    with os.fdopen(here) as file:
        return file.read()


def run(*words):
    result = subprocess.run([program, *words], capture_output=True, text=True, cwd=root,
                            timeout=SECONDS, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout, result.stderr


def usage():
    status, out, _ = run("--version")
    ok(status == 0 and re.fullmatch(r"miked \d+\.\d+\.\d+\n", out), "--version", out)
    status, out, _ = run("--help")
    ok(status == 0 and out.startswith("miked [ --config FILE ]"), "--help", out)
    for words, reason in ((["--chekc"], "--chekc: no such option"),
                          (["--config"], "--config: its value is missing"),
                          (["start"], '"start" is one word too many')):
        status, out, err = run(*words)
        same((status, out, err.split("\n")[0]), (1, "", f"miked: {reason}"),
             f"bad usage: {' '.join(words)}")


def check():
    same(run("--check", "--user", USER.pw_name, configure()), (0, "", ""),
         "a good configuration")
    for before, after, reason in BAD:
        path = configure((before, after))
        status, out, err = run("--check", "--user", USER.pw_name, path)
        description = "bad configuration: " + " ".join(after.split() or ["no", before])
        if reason:
            same((status, out, err), (1, "", f"{path}:{reason}\n".replace("ROOT", root)),
                 description)
        else:
            ok(status == 1 and re.match(re.escape(path) + r":\d+: ", err), description, err)
    path = configure(("300 ms", "300"), ("[ 20848 ]", "[ 0 ]"))
    same(run("--check", "--user", USER.pw_name, path)[2].count("\n"), 2,
         "every error is told, not only the first")
    status, _, err = run("--check", "--user", USER.pw_name, root + "/none")
    same((status, err), (1, f"{root}/none: No such file or directory\n"), "no configuration")
    status, _, err = run("--check", "--user", USER.pw_name, root)
    same((status, err), (1, f"{root}: not a regular file\n"), "a directory")
    status, _, err = run("--check", "--user", "no-such-user", configure())
    same((status, err), (2, 'miked: user "no-such-user": No such file or directory\n'),
         "no such user")
    configure(("300 ms", "300"))
    miked = Miked(start=False)
    ok(miked.ends() == 1 and "control.timeout" in miked.log,
       "with a bad configuration it does not start", miked.log)


def capabilities(*numbers):
    return f"{sum(1 << n for n in numbers):016x}"


def may_lock():
    """May root lift the limit of locked memory? In some containers it may not."""
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit[0], resource.RLIM_INFINITY))
    except ValueError:
        print("# memory cannot be locked here: no CAP_SYS_RESOURCE")
        return False
    return True


def privileges():
    configure()
    miked = Miked()
    status = miked.status()
    uid, gid = USER.pw_uid, USER.pw_gid
    two = capabilities(10, 12)          # CAP_NET_BIND_SERVICE, CAP_NET_ADMIN
    same(status["Uid"].split(), [str(uid)] * 4, "runs as its user")
    same(status["Gid"].split(), [str(gid)] * 4, "and its group")
    same([status[k] for k in ("CapPrm", "CapEff")], [two] * 2, "with two capabilities")
    same([status[k] for k in ("CapBnd", "CapInh", "CapAmb")], [capabilities()] * 3,
         "and no way to more")
    same((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), "no new privileges, seccomp")
    with open(f"/proc/{miked.pid}/limits") as file:
        core = re.search(r"^Max core file size +(\S+) +(\S+)", file.read(), re.M)
    same(core.groups(), ("0", "0"), "no core dump by its limit")
    same(os.stat(f"/proc/{miked.pid}/mem").st_uid, 0, "nor may its user look at its memory")
    ok(int(status["VmLck"].split()[0]) > 0 or not may_lock(), "its memory is locked",
       status["VmLck"])
    st = os.stat(miked.path)
    same((st.st_uid, st.st_mode & 0o7777), (uid, 0o600), "the control socket is its own")
    miked.process.send_signal(signal.SIGABRT)
    while miked._read(SECONDS):
        pass
    _, status = os.waitpid(miked.pid, 0)
    miked.process.returncode = -6
    ok(os.WIFSIGNALED(status) and not os.WCOREDUMP(status), "and leaves no core when it dies",
       status)

    # Started by its user, without a privilege.
    miked = Miked("--config", root + "/miked.conf", user=uid)
    status = miked.status()
    same((status["CapPrm"], status["NoNewPrivs"], status["Seccomp"]),
         (capabilities(), "1", "2"), "started by its user it has no capability")
    same(os.stat(f"/proc/{miked.pid}/mem").st_uid, 0, "and may not look at its own memory")
    same(miked.stop(), 0, "and works")

    # As systemd starts it: its user, and capabilities that pass to what is run.
    caps = "+net_admin,+net_bind_service"
    miked = Miked("--config", root + "/miked.conf",
                  before=("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups",
                          f"--inh-caps={caps}", f"--ambient-caps={caps}"))
    status = miked.status()
    same([status[k] for k in ("CapPrm", "CapEff", "CapInh", "CapAmb")],
         [two] * 2 + [capabilities()] * 2, "started with its two capabilities it keeps them alone")
    miked.stop()


def who_may():
    configure()
    miked = Miked()
    same(as_user(0, 0, [], miked.path), "done", "root may use the control socket")
    same(as_user(USER.pw_uid, USER.pw_gid, [], miked.path), "done", "and its user")
    same(as_user(STRANGER, STRANGER, [], miked.path), "PermissionError", "nobody else")
    group = next(g for g in grp.getgrall() if g.gr_gid not in (0, USER.pw_gid))
    configure(("control:\n", f"control:\n  group: {group.gr_name}\n"))
    miked.process.send_signal(signal.SIGHUP)
    miked.told("READY=1")
    same(as_user(STRANGER, group.gr_gid, [], miked.path), "done", "a reload names a group")
    same(as_user(STRANGER, STRANGER, [group.gr_gid], miked.path), "done",
         "that may be one of many")
    same(as_user(STRANGER, STRANGER, [], miked.path), "denied", "others are told")
    miked.stop()


def signals():
    configure()
    miked = Miked()
    client = miked.client()
    client.ask(*HARMLESS[:1], **HARMLESS[1])
    configure(("stderr", "stderr, level: info"), ("300 ms", "1 h"))
    miked.process.send_signal(signal.SIGHUP)
    message = miked.told("RELOADING=1")
    usec = re.search(r"^MONOTONIC_USEC=(\d+)$", message, re.M)
    ok(usec and 0 <= time.monotonic() - int(usec[1]) / 1e6 < SECONDS, "SIGHUP: tells systemd",
       message)
    ok(miked.told("READY=1"), "and when it is done")
    ok(miked.logged("miked.conf: reloaded"), "and logs it", miked.log)
    ok(": log.level" not in miked.log, "what was below the level is not in the log", miked.log)
    same(client.ask(HARMLESS[0], **HARMLESS[1]), DONE, "clients stay")
    ok(miked.logged("of user 0: log.level"), "what is in the new configuration counts",
       miked.log)

    configure(("[ 20848 ]", "[ 0 ]"), ("stderr", "stderr, level: debug"))
    miked.process.send_signal(signal.SIGHUP)
    ok(miked.logged("not reloaded: what was in force before stays"),
       "SIGHUP with a bad configuration", miked.log)
    ok(f"{root}/miked.conf:5: local.ports[0]: " in miked.log, "which is told", miked.log)
    ok(miked.told("READY=1"), "and it goes on")
    os.unlink(root + "/miked.conf")
    miked.process.send_signal(signal.SIGHUP)
    ok(miked.logged("miked.conf: No such file or directory"), "SIGHUP without one", miked.log)

    same(client.ask(HARMLESS[0], **HARMLESS[1]), DONE, "still there")
    miked.process.send_signal(signal.SIGTERM)
    ok(miked.told("STOPPING=1"), "SIGTERM: tells systemd")
    same((miked.ends(), client.hear(), os.path.exists(miked.path)), (0, None, False),
         "and ends, clients and socket too")
    configure()
    miked = Miked()
    miked.process.send_signal(signal.SIGINT)
    same(miked.ends(), 0, "SIGINT ends it too")


def watchdog():
    configure()
    miked = Miked(watchdog=200000)
    ok(all(miked.told("WATCHDOG=1") for _ in range(3)), "the watchdog is fed, again and again")
    miked.stop()


def death():
    configure()
    miked = Miked()
    second = Miked(start=False)
    status = second.ends()
    ok(status == 2 and "another miked runs" in second.log, "a second one is refused",
       f"{status}\n{second.log}")
    same(miked.client().ask(HARMLESS[0], **HARMLESS[1]), DONE, "the first one goes on")
    miked.process.kill()
    same((miked.ends(), os.path.exists(miked.path)), (-9, True), "kill -9 leaves its socket")
    miked = Miked()
    same(miked.client().ask(HARMLESS[0], **HARMLESS[1]), DONE, "the next one takes its place")
    miked.stop()
    write("run/s", "not a socket", owner=USER.pw_uid)
    miked = Miked(start=False)
    same(miked.ends(), 2, "what is no socket is not replaced")
    with open(root + "/run/s") as file:
        same(file.read(), "not a socket", "and stays")
    os.unlink(root + "/run/s")


def at_rest(miked):
    """Its descriptors without a client; some it has from its first one on."""
    client = miked.client()
    client.ask(HARMLESS[0], **HARMLESS[1])
    count = miked.descriptors() - 1
    client.close()
    return count


def slow_clients():
    configure()
    miked = Miked()
    begin = at_rest(miked)
    half = [miked.client() for _ in range(40)]
    for client in half:
        client.say(b'{"method":')
    same(miked.client().ask(HARMLESS[0], **HARMLESS[1]), DONE,
         "an answer while 40 clients have said but half")
    same({client.reason() for client in half}, {"it sends but half a message"},
         "who are then dropped")
    same(miked.client().reason(), "it has nothing to say", "and so is who says nothing")

    # Who drips gains nothing by it.
    client = miked.client()
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < SECONDS and \
                not select.select([client.socket], [], [], 0.02)[0]:
            client.say(b" ")
    except (BrokenPipeError, ConnectionResetError):
        pass
    ok(time.monotonic() - begun < SECONDS / 2, "and who sends byte by byte")

    # Who never reads has sent at most what the socket and one buffer hold.
    client = miked.client()
    client.socket.settimeout(0.05)
    request = b'{"method":"no-such-method"}\0' * 1000
    sent = 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            sent += client.socket.send(request)
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            break
    ok(time.monotonic() < end and sent < 4 << 20, "who does not read is dropped", sent)
    ok(miked.logged("it does not read its answer"), "which is logged", miked.log)
    memory = int(miked.status()["VmRSS"].split()[0])
    ok(memory < 64 << 10, "and took little memory", f"{memory} KiB")
    end = time.monotonic() + SECONDS
    while miked.descriptors() > begin and time.monotonic() < end:
        select.select([], [], [], 0.02)
    same(miked.descriptors(), begin, "no descriptor is left of them")
    same(miked.stop(), 0, "it ends well")


def hostile_clients():
    configure()
    miked = Miked()
    begin = at_rest(miked)
    client = miked.client()
    try:
        client.say(b"x" * (1 << 20))
    except (BrokenPipeError, ConnectionResetError):
        pass
    same(client.reason(), "a message of more than 262144 bytes", "too long a message")
    client = miked.client()
    client.say(b'{"method":"status"' + b"\0" + b"[" * 100000 + b"\0" + b"\xff\0" + b"\0")
    same([client.hear()["error"] for _ in range(4)], ["invalid"] * 4, "what is no JSON")
    same(client.ask(HARMLESS[0], **HARMLESS[1]), DONE, "costs nothing but the answer")

    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    words = [b'{"method":', b'"join"', b'"status"', b'"ks.group.add"', b',"parameters":', b"{",
             b"}", b'"name":', b'"policy":', b'"\\u0000"', b"1e999", b"null", b"\0", b'"a"', b":",
             b"[", b"]", b","]
    answered = True
    for _ in range(300):
        client = miked.client()
        data = b"".join(rng.choice(words) if rng.random() < 0.9 else rng.randbytes(4)
                        for _ in range(rng.randrange(60)))
        client.say(data)
        if rng.random() < 0.5:
            client.close()
            continue
        client.socket.shutdown(socket.SHUT_WR)
        count = 0
        while client.hear() is not None:
            count += 1
        answered = answered and count == data.count(b"\0")
        client.close()
    ok(answered, "300 clients talk nonsense, each message is answered", f"seed {seed}")

    crowd = []
    refused = 0
    for _ in range(200):
        crowd.append(miked.client())
    for client in crowd:
        refused += client.reason() == "too many clients"
    same(refused, 200 - 65, "of 200 at once as many as are too many are refused")
    for client in crowd:
        client.close()
    for _ in range(1000):
        miked.client().close()
    same(miked.client().ask(HARMLESS[0], **HARMLESS[1]), DONE, "1000 that come and go")
    end = time.monotonic() + SECONDS
    while miked.descriptors() > begin and time.monotonic() < end:
        select.select([], [], [], 0.02)
    same(miked.descriptors(), begin, "no descriptor is left of them")
    same(miked.stop(), 0, "it ends well")


def groups(miked):
    """The key server's groups, by name."""
    client = miked.client()
    names = []
    answer = client.ask("ks.group.show")
    while answer and answer.get("parameters"):
        names.append(answer["parameters"]["name"])
        answer = client.hear() if answer.get("continues") else None
    client.close()
    return names


def store():
    """What it has in its store survives it, behind its sandbox too; a bad one is refused."""
    group = {"name": "extra", "traffic": [{"destination": "239.1.1.1"}],
             "members": [{"identity": "*"}]}
    write("master", "0x" + "5a" * 32 + "\n", 0o600, USER.pw_uid)
    configure(("{ credential: here }",
               "{ credential: here, store: ROOT/run/ks.db, master-key: ROOT/master }"))
    path = root + "/run/ks.db"
    miked = Miked()
    same(groups(miked), [], "a store that is empty")
    same(miked.client().ask("ks.group.add", policy=json.dumps(group)), DONE, "a group by command")
    same(oct(os.stat(path).st_mode & 0o7777), "0o600", "nobody else may read the store")
    second = Miked("--config", configure(
        ("{ credential: here }",
         "{ credential: here, store: ROOT/run/ks.db, master-key: ROOT/master }"),
        ("ROOT/run/s", "ROOT/run/t"), ("20848", "20849")), "--user", USER.pw_name, start=False)
    ok(second.ends() == 2 and "another miked has it open" in second.log,
       "a second miked is kept from it", second.log)
    configure(("{ credential: here }",
               "{ credential: here, store: ROOT/run/ks.db, master-key: ROOT/master }"))
    miked.process.kill()
    miked.ends()
    miked = Miked()
    same(groups(miked), ["extra"], "killed and started again it has it")
    same(miked.client().ask("ks.group.del", name="extra"), DONE, "the group goes")
    same(miked.stop(), 0, "it ends well")
    miked = Miked()
    same(groups(miked), [], "and does not come back")
    miked.stop()

    write("master", "0x" + "a5" * 32 + "\n", 0o600, USER.pw_uid)
    miked = Miked(start=False)
    ok(miked.ends() == 2 and "was made with another master key" in miked.log,
       "with another master key it does not start", miked.log)
    write("master", "0x" + "5a" * 32 + "\n", 0o600, USER.pw_uid)
    os.chmod(path, 0o644)
    miked = Miked(start=False)
    ok(miked.ends() == 2 and "others may read" in miked.log,
       "nor with a store that others may read", miked.log)
    with open(path, "r+b") as file:
        file.write(b"no database at all")
    os.chmod(path, 0o600)
    miked = Miked(start=False)
    ok(miked.ends() == 2 and "is no database" in miked.log,
       "nor with one that is damaged", miked.log)


def register():
    """Three members register: the keys of the SAs that they get."""
    conf = write("members.conf", MEMBERS, 0o600)
    write("members.psk", "a pre-shared key of the test\n", 0o600)
    with subprocess.Popen([members, conf, "keys", "3", "3"], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        process.stdin.write("go\n")
        process.stdin.flush()
        said = "".join(process.stdout.readline() for _ in range(3))
    found = re.fullmatch(r"ready\nregistered=3 failed=0 sas=(\d+) .*\nheld=(\w+)\n", said)
    if not ok(found, "members register", said):
        return []
    held = bytes.fromhex(found[2])
    each = len(held) // int(found[1])
    # behind SPI and address
    return [held[at + 8:at + each] for at in range(0, len(held), each)]


def forms(key):
    return (key, key.hex().encode(), key.hex().upper().encode(),
            base64.b64encode(key).rstrip(b"=")[:-1])


def written(keys, log):
    """Which of all files of the test, and the log, have one of the keys, or a half of it."""
    parts = [form for key in keys for form in (*forms(key), *forms(key[:16]))]
    found = ["the log"] if any(part in log.encode() for part in parts) else []
    for directory, _, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    data = file.read()
                found += [path] if any(part in data for part in parts) else []
    return found


def in_memory(pid, key):
    """Does the process have the key where it can be looked for?"""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(at, 16) for at in line.split()[0].split("-"))
            if line.split()[1].startswith("rw") and "[v" not in line:
                memory.seek(begin)
                if key in memory.read(end - begin):
                    return True
    return False


def leaves_core(pid):
    _, status = os.waitpid(pid, 0)
    return os.WCOREDUMP(status)


def cores():
    return [name for name in os.listdir(root + "/run") if name.startswith("core")]


def may_leave_core():
    """Is a core what a process of that user leaves there?"""
    def prepare():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
        os.setresgid(USER.pw_gid, USER.pw_gid, USER.pw_gid)
        os.setresuid(USER.pw_uid, USER.pw_uid, USER.pw_uid)

    process = subprocess.Popen(["sleep", "60"], cwd=root + "/run", preexec_fn=prepare)
    process.send_signal(signal.SIGABRT)
    does = leaves_core(process.pid)
    process.returncode = -6
    for name in cores():
        os.unlink(f"{root}/run/{name}")
    if not does:
        print("# nobody leaves a core here: see core_pattern(5)")
    return does


def keys_stay_inside():
    """What members got is in no file, neither of the store nor another, in no log, no core."""
    if not os.path.exists(members):
        print(f"# no {members}")
        return
    for name in os.listdir(root + "/run"):
        os.unlink(f"{root}/run/{name}")
    write("master", "0x" + "5a" * 32 + "\n", 0o600, USER.pw_uid)
    configure(("stderr", "stderr, level: debug"),
              ("{ credential: here }",
               "{ credential: here, store: ROOT/run/ks.db, master-key: ROOT/master }"))
    miked = Miked(cwd=root + "/run")
    same(miked.client().ask("ks.group.add", policy=json.dumps(GROUP)), DONE, "a group")
    keys = register()
    ok(len(keys) == 2 and all(len(key) >= 20 for key in keys), "they get keys", keys)
    ok(miked.logged("registered as sender"), "which is logged", miked.log)
    ok(all(in_memory(miked.pid, key) for key in keys), "its memory has them, as they are")
    same(written(keys, miked.log), [], "and no file while it runs")
    ok(os.path.getsize(root + "/run/ks.db-wal"), "of which one is the store's log")
    same(miked.client().ask("ks.rekey", group="extra", now=True), DONE, "SAs follow")
    fresh = set(register()) - set(keys)
    ok(fresh, "with other keys")
    keys += fresh
    may = may_leave_core()
    miked.process.send_signal(signal.SIGABRT)
    while miked._read(SECONDS):
        pass
    same((leaves_core(miked.pid), cores()), (False, []),
         "it leaves no core when it dies" + ("" if may else ", as nobody does here"))
    miked.process.returncode = -6
    same(written(keys, miked.log), [], "no file has a key then")
    miked = Miked(cwd=root + "/run")
    ok(fresh <= set(register()), "started again it gives the same")
    same(written(keys, miked.log), [], "and no file has one")
    same(miked.stop(), 0, "it ends well")
    same(written(keys, miked.log), [], "nor has one when it has ended")


def main():
    global root, program, members
    if os.geteuid():
        print("1..0 # SKIP not root")
        return 0
    own_network()
    root = tempfile.mkdtemp(prefix="miked-daemon.")
    try:
        os.chmod(root, 0o755)
        # where its user can get at it
        program = shutil.copy(sys.argv[1], root + "/miked")
        members = os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "build", "members")
        os.mkdir(root + "/run")
        os.chown(root + "/run", USER.pw_uid, USER.pw_gid)
        write("psk", "a pre-shared key of the test\n", 0o600, USER.pw_uid)
        write("open", "a pre-shared key of the test\n", 0o644, USER.pw_uid)
        for test in (usage, check, privileges, who_may, signals, watchdog, death, slow_clients,
                     hostile_clients, store, keys_stay_inside):
            test()
    finally:
        for miked in started:
            if miked.process.poll() is None:
                miked.process.kill()
                miked.process.wait()
        shutil.rmtree(root)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
