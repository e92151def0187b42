// The gateway as it is tested: with a policy that each test replaces.

import { gateway } from "../../../packages/worker/index.js";
import * as rust from "../build/index.js";
import policy from "./gateway.jsonc";

const { handler, Coordinator, Telemetry } = gateway(rust, policy);

export default handler;
export { Coordinator, Telemetry };
