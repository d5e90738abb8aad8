// SPDX-License-Identifier: Apache-2.0
// The documentation pages in both languages at three widths, light and dark.
process.env.GUICHET_ALL_LOOKS = "1";
await import("../docs-pages.test.mjs");
await import("../docs-files.test.mjs");
