// SPDX-License-Identifier: Apache-2.0
// Killed on both sides of what counts most: the claim, the line "attempted", the
// write at the cloud, the settlement. tests/fault/points-all goes everywhere.
import { dyingAt } from "../fault/points.mjs";

dyingAt((point) => /^push\..*\.(subscription_claim|gate_admit|http-_bulk_docs|subscription_settle)$/
	.test(point), 12);
