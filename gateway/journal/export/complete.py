#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is a report about one person whole? With verify.py, and nothing but Python.

    complete.py REPORT WHOLE [--vkey KEY] [--known NOTE]

REPORT: what `guichet customer report` wrote, with her key (subject.key). WHOLE:
an export of the whole log. Both are verified; then every line of WHOLE that
bears a tag under her key must stand in REPORT, and no other line.
"""
import hmac, json, os, sys
from verify import bad, read, unb64, unpad, verify

def tagged(key, leaf):
    o = json.loads(leaf)
    tag = hmac.new(key, o["id"].encode(), "sha256").digest()[:16]
    return o.get("tag") == unpad(tag)

def main(report, whole, *args):
    opt = dict(zip(args[::2], args[1::2]))
    vkey = opt.get("--vkey") or read(whole, "vkey").decode().strip()
    key, shown, hers = unb64(read(report, "subject.key").strip()), [], []
    _, size = verify(report, vkey, None, lambda seq, leaf: shown.append(
        (seq, tagged(key, leaf))))
    count, all_size = verify(whole, vkey, opt.get("--known"),
        lambda seq, leaf: tagged(key, leaf) and hers.append(seq))
    if count != all_size or all_size < size:
        bad("WHOLE is not the whole log, or older than the report")
    for seq, own in shown:
        if not own:
            bad(f"entry {seq} of the report is not hers")
    gone = set(q for q in hers if q < size) - set(q for q, _ in shown)
    if gone:
        bad(f"the report leaves out {len(gone)} of her lines; the first is entry {min(gone)}")
    print(f"complete: all {len(shown)} lines of this person among {size}, and no other")

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as e:
        sys.exit(print("NOT GOOD:", e if str(e) else type(e).__name__) or 1)
