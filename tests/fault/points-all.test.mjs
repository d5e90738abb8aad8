// SPDX-License-Identifier: Apache-2.0
import { dyingAt } from "./points.mjs";

dyingAt(() => true, 60);
