import { worker } from "../../../packages/worker/index.js";
import * as rust from "../build/index.js";

const { handler, Coordinator, Telemetry } = worker(rust);

export { handler as default, Coordinator, Telemetry };
