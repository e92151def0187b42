// Installs the APIs that the gateway is tested in front of.

import { environment } from "./python.ts";

environment(".tools/upstreams", "tests/upstreams/requirements.txt");
