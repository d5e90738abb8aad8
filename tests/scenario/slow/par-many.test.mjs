// SPDX-License-Identifier: Apache-2.0
// Row 108 with ten thousand pushed requests.
process.env.GUICHET_MANY = "10000";
await import("../oauth-rows.test.mjs");
