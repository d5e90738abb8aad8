// SPDX-License-Identifier: Apache-2.0
// Ten thousand random manipulations: what tamper.test.mjs does with five hundred.
process.env.TAMPERINGS = "10000";
await import("../tamper.test.mjs");
