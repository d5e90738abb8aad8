// SPDX-License-Identifier: Apache-2.0
// As tests/scenario/standby.test.mjs, with thirty promotions in a row.
process.env.ROUNDS = "30";
await import("../standby.test.mjs");
