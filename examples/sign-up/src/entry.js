import { worker } from "edge-idempotency";
import * as rust from "../build/index.js";

const { handler, Coordinator, Telemetry } = worker(rust);

export { handler as default, Coordinator, Telemetry };
