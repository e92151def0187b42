// The switches: what is on, they know themselves.

import { find } from "../dashboard/element.ts";
import type { Faults } from "./network.ts";

export class Switches implements Faults {
  readonly #offline = find<HTMLInputElement>("offline");
  readonly #without = find<HTMLInputElement>("without");

  /** `back` is called when the page is no longer offline. */
  constructor(back: () => void) {
    // A browser may remember what was on before a reload.
    for (const each of document.querySelectorAll<HTMLInputElement>("[role=switch]")) each.checked = false;
    this.#offline.addEventListener("change", () => !this.isOffline && back());
    addEventListener("online", back);
  }

  get isOffline(): boolean {
    return this.#offline.checked;
  }

  get isWithoutClient(): boolean {
    return this.#without.checked;
  }

  take(fault: "lose" | "kill"): boolean {
    const own = find<HTMLInputElement>(fault);
    const wasOn = own.checked;
    own.checked = false;
    return wasOn;
  }
}
