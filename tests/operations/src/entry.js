import { gateway } from "../../../packages/worker/index.js";
import * as rust from "../build/index.js";
import policy from "./gateway.jsonc";

const { handler, Coordinator, Telemetry } = gateway(rust, policy);

export { handler as default, Coordinator, Telemetry };
