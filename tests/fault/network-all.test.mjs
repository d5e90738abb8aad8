// SPDX-License-Identifier: Apache-2.0
// The network is cut at every byte (STEP says otherwise).
import { cutting } from "../fault/network.mjs";

cutting({ step: Number(process.env.STEP ?? 1), people: 8 });
