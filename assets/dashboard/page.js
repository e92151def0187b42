// The dashboard. Everything it needs is bundled: nothing is loaded from elsewhere.

import "./page.css";
import { open } from "./dashboard.ts";

open();
