// SPDX-License-Identifier: Apache-2.0
// kill -9 of any process, under pull and push (tests/fault/kills.mjs).
import { killing } from "../fault/kills.mjs";

killing(50);
