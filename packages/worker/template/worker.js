// What the platform loads: the gateway, by the policy in gateway.jsonc.

import { gateway } from "edge-idempotency/gateway";
import policy from "./gateway.jsonc";

const { handler, Coordinator, Telemetry } = gateway(policy);

export default handler;
export { Coordinator, Telemetry };
