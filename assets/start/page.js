// The page at /. Everything it needs is bundled: nothing is loaded from elsewhere.

import "./page.css";
import { open } from "./start.ts";

open();
