// SPDX-License-Identifier: Apache-2.0
// The same with 100,000 consents.
process.env.GRANTS = "100000";
await import("../move.test.mjs");
