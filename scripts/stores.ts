// Finds the servers of the stores that tests are run against, or fetches them into .tools/.

import { program as dynamodb } from "../stores/dynamodb/server.ts";
import { program as postgres } from "../stores/postgres/program.ts";

dynamodb();
postgres();
