// SPDX-License-Identifier: Apache-2.0
// The network is cut here and there (tests/fault/network.mjs).
import { cutting } from "../fault/network.mjs";

cutting({ step: 150 });
