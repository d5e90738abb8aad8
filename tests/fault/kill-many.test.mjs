// SPDX-License-Identifier: Apache-2.0
// The same a thousand times (KILLS says otherwise).
import { killing } from "./kills.mjs";

killing(Number(process.env.KILLS ?? 1000));
