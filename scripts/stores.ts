// Finds the servers of the stores that tests are run against, or fetches them into .tools/.

import { program } from "../stores/postgres/program.ts";

program();
