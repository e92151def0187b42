// Finds the servers of the stores that tests are run against, or fetches them into .tools/.

import { program as dynamodb } from "../stores/dynamodb/server.ts";
import { program as mongodb } from "../stores/mongodb/program.ts";
import { program as postgres } from "../stores/postgres/program.ts";

for (const program of [dynamodb, mongodb, postgres]) program();
