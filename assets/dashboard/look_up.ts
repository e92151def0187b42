// The look-up of one key: what became of it, step by step.

import { element, find } from "./element.ts";
import type { HeldKey } from "./protocol.ts";
import { resolveForm, type Resolution, type ResolveForm } from "./resolve.ts";
import { moment, span } from "./words.ts";

const PATH = "/api/v1/operations/idempotency/";

/** What events call a caller without a name; the service knows it by having none. */
const NAMELESS = "anonymous";

/** What they call callers whose tokens nobody checks and look like no name: from a digest no token can be found. */
const UNNAMED = /^token [0-9a-f]+$/;

/** What they call callers whom another service authenticates. */
const SCOPED = /^scope ([0-9a-f]{64})$/;

interface Step {
  at: string;
  status: string;
  attempt: number;
  /** The operator who said so. */
  by?: string;
}

interface KeyStatus {
  idempotency_key: string;
  status: string;
  operation: string;
  attempts: number;
  created_at: string;
  updated_at: string;
  expires_at: string;
  history: Step[];
}

export class LookUpView {
  readonly #form = find<HTMLFormElement>("look-up-form");
  readonly #found = find("found");
  readonly #now: () => number;
  /** The clients that have been found, by what events call them. */
  readonly #clients = new Map<string, string>();
  /** The caller of the event from which the form was filled in. */
  #caller = "";

  constructor(now: () => number) {
    this.#now = now;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#lookUp();
    });
    // The scope counts before the client: whoever types a client means that one.
    this.#field("client").addEventListener("input", () => (this.#field("scope").value = ""));
  }

  /** Looks up the key of an event, and goes there. */
  open(key: string, caller: string | undefined): void {
    const [, scope = ""] = SCOPED.exec(caller ?? "") ?? [];
    const isNameless = caller === undefined || caller === NAMELESS || scope !== "";
    const client = isNameless ? "" : (this.#clients.get(caller) ?? caller);
    const isUnnamed = UNNAMED.test(client);
    this.#fill(key, isUnnamed ? "" : client, scope, caller);
    if (isUnnamed) this.#ask(client);
    else void this.#lookUp();
    (isUnnamed ? this.#field("client") : this.#found).focus({ preventScroll: true });
  }

  /** Looks up a key of the list, whose scope is known, and goes there; with a choice, asks whether it is meant. */
  openHeld(key: HeldKey, choice?: Resolution["as"]): void {
    this.#fill(key.idempotency_key, "", key.scope, undefined);
    void this.#lookUp(choice);
    this.#found.focus({ preventScroll: true });
  }

  #fill(key: string, client: string, scope: string, caller = NAMELESS): void {
    this.#caller = caller;
    this.#field("key").value = key;
    this.#field("client").value = client;
    this.#field("scope").value = scope;
    find("look-up").scrollIntoView({ block: "nearest" });
  }

  #ask(caller: string): void {
    const hint =
      "Where no token is checked, events name a caller whose token looks like no name by its digest";
    this.#found.replaceChildren(notice(`Which client is ${caller}? ${hint}: type the token.`));
  }

  async #lookUp(choice?: Resolution["as"]): Promise<void> {
    const [key, client, scope] = ["key", "client", "scope"].map((name) => this.#field(name).value.trim());
    const named = scope ? { scope } : client ? { client } : undefined;
    const query = named === undefined ? "" : `?${new URLSearchParams(named)}`;
    const form = await this.#show(key!, query, scope ? "of that scope" : client!);
    if (choice !== undefined) form?.ask(choice);
  }

  /** Looks up, or resolves and shows what the key is from then on. */
  async #show(
    key: string,
    query: string,
    client: string,
    resolution?: Resolution,
  ): Promise<ResolveForm | undefined> {
    const path = `${PATH}${encodeURIComponent(key)}${resolution ? "/resolution" : ""}${query}`;
    this.#found.ariaBusy = "true";
    const { found, shown } = await answer(path, client, this.#now(), resolution);
    this.#found.ariaBusy = "false";
    const again = (said: Resolution) => {
      void this.#show(key, query, client, said).then(() => this.#found.focus());
    };
    const form = found && found.status !== "FORGOTTEN" ? resolveForm(found.status, again) : undefined;
    this.#found.replaceChildren(...shown, ...(form ? [form.form] : []));
    const typed = this.#field("client").value.trim();
    if (found && typed !== "" && UNNAMED.test(this.#caller)) this.#clients.set(this.#caller, typed);
    return form;
  }

  #field(name: string): HTMLInputElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement;
  }
}

async function answer(
  url: string,
  client: string,
  now: number,
  resolution?: Resolution,
): Promise<{ found?: KeyStatus; shown: Node[] }> {
  try {
    const response = await fetch(url, resolution && post(resolution));
    const json = await response.json();
    if (response.ok) return { found: json, shown: status(json, now) };
    return { shown: [refusal(response.status, whatIsWrong(json), client)] };
  } catch {
    return { shown: [notice("The service cannot be reached. Try again once this page is connected.")] };
  }
}

function post(resolution: Resolution): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(resolution),
  };
}

function whatIsWrong(problem: { title: string; detail?: string; errors?: { detail: string }[] }): string {
  const errors = problem.errors?.map(({ detail }) => detail) ?? [];
  return [problem.detail ?? problem.title, ...errors].join(" ");
}

function refusal(status: number, detail: string, client: string): HTMLElement {
  if (status === 404) {
    const whose = client === "" ? "You have" : `The client ${client} has`;
    return notice(
      `${whose} no such key, or it has expired. The same key of another client is another key: is the client right? ` +
        "Callers whom a token of an issuer names cannot be looked up here.",
    );
  }
  if (status === 401 || status === 403) {
    return notice(`Only operators may look up the keys of clients. ${detail}`);
  }
  return notice(detail);
}

function status(found: KeyStatus, now: number): Node[] {
  const time = (text: string) => moment(Date.parse(text), now);
  const ends = Date.parse(found.expires_at) - now;
  const facts: [string, string | Node][] = [
    ["Status", element("strong", { class: `status ${found.status}` }, found.status)],
    ["Operation", found.operation],
    ["Attempts", String(found.attempts)],
    ["First request", time(found.created_at)],
    ["Last change", time(found.updated_at)],
    ["Expires", ends > 0 ? `${time(found.expires_at)}, in ${span(ends)}` : time(found.expires_at)],
  ];
  const list = facts.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
  return [
    element("h3", { class: "found-key" }, found.idempotency_key),
    element("dl", { class: "facts" }, ...list),
    element("h4", {}, "History"),
    element(
      "ol",
      { class: "history" },
      ...found.history.map((step, at) => stepOf(step, found.history[at - 1], now)),
    ),
  ];
}

function stepOf({ at, status, attempt, by }: Step, before: Step | undefined, now: number): HTMLElement {
  const time = Date.parse(at);
  const after = before === undefined ? "" : `after ${elapsed(time - Date.parse(before.at))}`;
  return element(
    "li",
    { class: status },
    element("strong", {}, status),
    by === undefined ? ` attempt ${attempt}` : ` said ${by}`,
    element("small", {}, [moment(time, now), after].filter((part) => part !== "").join(", ")),
  );
}

function elapsed(ms: number): string {
  return ms < 1000 ? `${ms} ms` : span(ms);
}

function notice(text: string): HTMLElement {
  return element("p", { class: "notice" }, text);
}
