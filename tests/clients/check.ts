// What the clients in TypeScript have in common.

export const SERVER = process.env["SERVER"]!;
export const TOKEN = process.env["TOKEN"]!;

let checks = 0;

/** Ends the client unless this holds. */
export function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(what);
  checks++;
}

/** The last line of a client: how much was checked. */
export function done(): void {
  console.log(`${checks} checks`);
}

export const newKey = (): string => crypto.randomUUID();
