// What the platform loads where operations write to MongoDB.

import { worker } from "../../packages/worker/index.js";
import { mongodb } from "../../packages/worker/stores/mongodb.js";
import * as rust from "../../build/index.js";

const { handler, Coordinator, Telemetry } = worker(rust, { mongodb });

export default handler;
export { Coordinator, Telemetry };
