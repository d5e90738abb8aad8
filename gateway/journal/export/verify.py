#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Verifies an export of Guichet's journal with nothing but Python (3.8):
#     verify.py DIR [--vkey KEY] [--known NOTE]
# KEY: the verifier key you hold. NOTE: a checkpoint you kept. Exit 0: good; 1: not
# good, or in doubt. complete.py holds a report about one person against the whole.
import base64, hashlib, json, os, sys

def bad(text):
    raise ValueError(text)
def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()
def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()
def unb64(text):
    return base64.b64decode(text, validate=True)
def unpad(b):
    return base64.urlsafe_b64encode(b).decode().rstrip("=")

# ---- Ed25519 (RFC 8032), on extended coordinates ----
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)

def point(b):
    y, sign = int.from_bytes(b, "little") & (2**255 - 1), b[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT % P
    if len(b) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        bad("no point of the curve")
    return (x if x & 1 == sign else P - x, y, 1, x * y % P if x & 1 == sign else -x * y % P)
def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)
def times(n, p):
    out = (0, 1, 1, 0)
    while n:
        out, p, n = (add(out, p) if n & 1 else out), add(p, p), n >> 1
    return out
BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
def signed(key, text, sig):
    a, r, s = point(key), point(sig[:32]), int.from_bytes(sig[32:], "little")
    k = int.from_bytes(hashlib.sha512(sig[:32] + key + text).digest(), "little") % Q
    p, q = times(s, BASE), add(r, times(k, a))
    return len(sig) == 64 and s < Q and all(
        (p[i] * q[2] - q[i] * p[2]) % P == 0 for i in (0, 1))
# ---- notes (c2sp.org/signed-note, tlog-checkpoint) ----
def open_note(note, vkey, what):
    name, ident, rest = vkey.strip().split("+", 2)
    key = unb64(rest)
    if key[0] != 1 or sha(name.encode(), b"\n", key)[:4].hex() != ident:
        bad("this is not a verifier key: " + vkey)
    text, _, lines = note.decode().rpartition("\n\n")
    for line in lines.splitlines():
        dash, by, sig = line.split(" ")
        if dash == "\u2014" and by == name and unb64(sig)[:4].hex() == ident:
            if signed(key[1:], (text + "\n").encode(), unb64(sig)[4:]):
                return text.split("\n")
            bad(f"the signature of the {what} is wrong")
    bad(f"the {what} is not signed by {name}+{ident}")
def checkpoint(note, vkey, what, past=False):
    if past:  # it may bear the name the log had before it began anew
        name, key = note.decode().split("\n")[0], vkey.strip().split("+", 2)[2]
        vkey = "+".join((name, sha(name.encode(), b"\n", unb64(key))[:4].hex(), key))
    origin, size, root = open_note(note, vkey, what)[:3]
    if origin != vkey.split("+")[0] or str(int(size)) != size:
        bad(f"the {what} is of another log")
    return int(size), unb64(root)
# ---- the tree (RFC 6962): roots of perfect subtrees, left to right ----
def push(stack, level, h):
    while stack and stack[-1][0] == level:
        level, h = level + 1, sha(b"\1", stack.pop()[1], h)
    stack.append((level, h))
def root_of(stack):
    h = stack[-1][1] if stack else sha(b"")
    for _, left in reversed(stack[:-1]):
        h = sha(b"\1", left, h)
    return h
def skip(stack, start, end, hashes):        # what a part of the log leaves out
    for h in hashes:
        k = 0
        while start % (2 << k) == 0 and start + (2 << k) <= end:
            k += 1
        push(stack, k, unb64(h))
        start += 1 << k
    if start != end:
        bad(f"entry {start} is missing: entry {end} stands in its place")

def check_side(e, leaf):
    cm = sha(b"guichet/side/v1\n", unb64(e["salt"]), unb64(e["side"]))
    if unpad(cm) != json.loads(leaf).get("cm"):
        bad(f"the side record of entry {e['seq']} is not the one it commits to")
# Checks all; see(seq, leaf) looks at each entry that is still there.
def verify(d, vkey, known=None, see=lambda seq, leaf: None):
    size, root = checkpoint(read(d, "checkpoint"), vkey, "checkpoint")
    part = json.loads(read(d, "range.json")) if "range.json" in os.listdir(d) else None
    past = {n: checkpoint(read(d, "checkpoints", n), vkey, "checkpoint " + n, True)
            for n in os.listdir(os.path.join(d, "checkpoints"))}
    if known:
        past["known"] = checkpoint(read(known), vkey, "known checkpoint", True)
        if past["known"][0] > size:
            bad(f"rolled back: the known checkpoint has more than {size} entries")
    stack, roots, at, count, wanted = [], {}, 0, 0, {s for s, _ in past.values()}
    for line in open(os.path.join(d, "entries.jsonl"), "rb"):
        e = json.loads(line)
        if at in wanted:
            roots[at] = root_of(stack)
        skip(stack, at, e["seq"], e.get("before", []) if part else [])
        at, leaf = e["seq"], None if e["leaf"] is None else unb64(e["leaf"])
        if at in wanted:
            roots[at] = root_of(stack)
        push(stack, 0, unb64(e["leaf_hash"]) if leaf is None else sha(b"\0", leaf))
        if leaf is not None:
            see(at, leaf)
            if e.get("side") is not None:
                check_side(e, leaf)
        at, count = at + 1, count + 1
    roots[at] = root_of(stack)
    if part and part["entries"] != count or not part and count != size:
        bad(f"{count} entries are there, {part['entries'] if part else size} should be")
    skip(stack, at, size, part["after"] if part else [])
    roots[size] = root_of(stack)
    if roots[size] != root:
        bad("the entries are not those that were signed")
    for n, (s, r) in past.items():
        if n not in ("known", str(s)) or roots.get(s, r) != r:
            bad(f"checkpoint {n} tells another history")
    if known and past["known"][0] not in roots:
        bad("this part of the log cannot be held against the known checkpoint")
    return count, size

def main(d, *args):
    opt = dict(zip(args[::2], args[1::2]))
    vkey, known = opt.get("--vkey") or read(d, "vkey").decode().strip(), opt.get("--known")
    count, size = verify(d, vkey, known)
    print(f"good: {vkey.split('+')[0]}, {count} of {size} entries\nheld against:",
          "the key you gave," if "--vkey" in opt else "the key in the export (--vkey),",
          "a checkpoint you kept" if known else "no checkpoint of yours (--known)")

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("verify.py DIR [--vkey KEY] [--known NOTE]")
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as e:
        sys.exit(print("NOT GOOD:", e if str(e) else type(e).__name__) or 1)
