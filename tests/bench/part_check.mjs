// SPDX-License-Identifier: Apache-2.0
// What it costs the API to know whose call this is: token and DPoP proof by a
// key never seen, and a token known already, bound to a certificate.
// Stands alone: node tests/bench/part_check.mjs (make tools first)
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { printFigure } from './measure.mjs';

const tool = fileURLToPath(new URL('../../build/tools/access_bench', import.meta.url));
const r = spawnSync(tool, [], { encoding: 'utf8', cwd: fileURLToPath(new URL('../..',
  import.meta.url)), env: { ...process.env, GUICHET_TEST_PG: undefined } });
if (r.status !== 0) throw new Error(`${tool}: ${r.status ?? r.signal} ${r.stderr}`);
const us = (what) => {
  const m = new RegExp(`^${what} +([\\d.]+) us.* (\\d+) checks, (\\d+) yes, (\\d+) no$`, 'm')
    .exec(r.stderr);
  const [, cost, n, yes, no] = m.map(Number);
  if (what === 'again' ? no !== n : yes !== n) throw new Error(m[0]);
  return cost;
};
us('again');
const cold = us('cold'), warm = us('warm'), bound = us('bound');
printFigure('token and DPoP proof checked, neither seen before, CPU', `${cold.toFixed(0)} us`,
  'at most 250 us', cold <= 250);
console.log(`         the same token and key, a new proof: ${warm.toFixed(0)} us`);
printFigure('a known token bound to a certificate, CPU', `${bound.toFixed(2)} us`,
  'under 2 us', bound < 2);
