import type { Store } from "../index.js";

export const dynamodb: Required<Store>;
