// What the platform loads where operations write to PostgreSQL.

import { worker } from "../../packages/worker/index.js";
import { postgres } from "../../packages/worker/stores/postgres.js";
import * as rust from "../../build/index.js";

const { handler, Coordinator, Telemetry } = worker(rust, { postgres });

export default handler;
export { Coordinator, Telemetry };
