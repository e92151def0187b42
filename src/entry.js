// What the platform loads.

import { worker } from "../packages/worker/index.js";
import * as rust from "../build/index.js";

const { handler, Coordinator, Telemetry } = worker(rust);

export default handler;
export { Coordinator, Telemetry };
