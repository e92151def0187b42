// What the platform loads where operations write to DynamoDB.

import { worker } from "../../packages/worker/index.js";
import { dynamodb } from "../../packages/worker/stores/dynamodb.js";
import * as rust from "../../build/index.js";

const { handler, Coordinator, Telemetry } = worker(rust, { dynamodb });

export default handler;
export { Coordinator, Telemetry };
