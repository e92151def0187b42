export function asItWas(row: Record<string, unknown>): Record<string, unknown>;
export function storable(value: unknown): unknown;
