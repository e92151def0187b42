// What the platform loads where operations write to many D1 databases.

import { worker } from "../../packages/worker/index.js";
import { databases } from "../../packages/worker/stores/databases.js";
import * as rust from "../../build/index.js";

const { handler, Coordinator, Telemetry } = worker(rust, { d1: databases });

export default handler;
export { Coordinator, Telemetry };
