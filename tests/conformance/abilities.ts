// What can be shown on a target: what its profile says, and what a first look finds out.

import { Bench, type Target } from "./bench.ts";
import type { Case, Need } from "./case.ts";
import type { Fault } from "./profile.ts";

/** A case that waits for an expiry waits no longer than this. */
const LONGEST_LIFETIME_MS = 30_000;

const FAULTS: Fault[] = ["delay", "failBefore", "failAfter", "crashBefore", "crashAfter", "panic", "overrun"];

export class Abilities {
  private missing = new Map<string, string>();
  private target: Target;

  private constructor(target: Target) {
    this.target = target;
  }

  static async of(target: Target): Promise<Abilities> {
    const abilities = new Abilities(target);
    await abilities.probeFaults();
    await abilities.probeExpiry();
    await abilities.probeCors();
    return abilities;
  }

  /** Why a case cannot be shown; nothing if it can. */
  whyNot(aCase: Case): string | undefined {
    if (aCase.notFromOutside !== undefined) return aCase.notFromOutside;
    return aCase.needs?.map((need) => this.lacks(need)).find((reason) => reason !== undefined);
  }

  has(need: Need): boolean {
    return this.lacks(need) === undefined;
  }

  private lacks(need: Need): string | undefined {
    const probed = this.missing.get(need);
    if (probed !== undefined) return probed;
    const { profile, url } = this.target;
    switch (need) {
      case "expiry":
      case "cors":
        return undefined;
      case "counting":
        return "list" in profile.effects ? undefined : "an effect that no answer tells of cannot be counted";
      case "kill":
        if (!profile.kill) return "the profile has no command that kills the target";
        if (!profile.durable) return "records are kept in memory only: nothing survives a kill by design";
        return isLocal(url) ? undefined : "only a target on this machine can be killed";
      default:
        return this.inProfile(need) ? undefined : `the target has no ${need}`;
    }
  }

  private inProfile(path: string): boolean {
    const { profile } = this.target;
    if ((FAULTS as string[]).includes(path)) return profile.faults?.[path as Fault] !== undefined;
    let value: unknown = profile;
    for (const name of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
    return value !== undefined && value !== false;
  }

  /** Servers ignore the fault field where faults are not allowed. */
  private async probeFaults() {
    const { faults } = this.target.profile;
    if (!faults?.failBefore) return;
    const bench = new Bench(this.target);
    const answer = await bench.post(bench.key(), { fault: faults.failBefore });
    if (answer.status < 500)
      for (const fault of FAULTS) this.missing.set(fault, `faults are switched off: ${faults.howToEnable}`);
  }

  private async probeExpiry() {
    const { expiry } = this.target.profile;
    if (!expiry)
      return void this.missing.set("expiry", "the target tells no lifetime that one could wait for");
    if ("ttl_ms" in expiry) return;
    const bench = new Bench(this.target);
    const answer = await bench.post(bench.key());
    const left_ms = Date.parse(answer.field(expiry.field) ?? "") - Date.now();
    if (!(left_ms <= LONGEST_LIFETIME_MS)) {
      const lifetime = Number.isNaN(left_ms) ? "not told" : `${Math.round(left_ms / 1000)} s`;
      this.missing.set("expiry", `the lifetime is ${lifetime}: ${expiry.howToShorten}`);
    }
  }

  private async probeCors() {
    const { cors } = this.target.profile;
    if (!cors) return void this.missing.set("cors", "the target has no CORS");
    const bench = new Bench(this.target);
    const answer = await bench.request(this.target.profile.ready, { fields: [["Origin", cors.origin]] });
    if (answer.field("Access-Control-Allow-Origin") === undefined)
      this.missing.set("cors", `pages of ${cors.origin} may not call: ${cors.howToAllow}`);
  }
}

function isLocal(url: URL): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
}
