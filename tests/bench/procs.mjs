// SPDX-License-Identifier: Apache-2.0
// What the processes of a tree cost: CPU and memory, from /proc.
import { readFileSync, readdirSync } from 'node:fs';

const TICK_US = 10000; // 100 ticks a second, as on every Linux of ours

function stat(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const f = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(f[1]), ticks: Number(f[11]) + Number(f[12]) };
}

// pid and all its descendants
export function tree(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const { parent } = stat(name);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch { /* it ended meanwhile */ }
  }
  const all = [pid];
  for (let i = 0; i < all.length; i++) all.push(...(children.get(all[i]) ?? []));
  return all;
}

export function cpuUs(pid) {
  let us = 0;
  for (const p of tree(pid)) {
    try { us += stat(p).ticks * TICK_US; } catch { /* ended */ }
  }
  return us;
}

export function pssMiB(pid) {
  let kb = 0;
  for (const p of tree(pid)) {
    try {
      const text = readFileSync(`/proc/${p}/smaps_rollup`, 'utf8');
      kb += Number(/^Pss:\s+(\d+)/m.exec(text)[1]);
    } catch { /* ended */ }
  }
  return kb / 1024;
}
