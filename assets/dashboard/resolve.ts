// What an operator can say of a key: buttons, each of which asks once more before it is done.

import { element } from "./element.ts";

export type Resolution =
  | { as: "completed"; answer: { status: number; headers: [string, string][]; body: string } }
  | { as: "failed" }
  | { as: "forgotten" };

/** What each button does, as it is asked once more. */
const QUESTIONS = {
  completed: "Did the operation take effect? Every retry gets this answer from now on.",
  failed: "Did the operation certainly not take effect? The next request executes it again.",
  forgotten: "Is the key to be as good as new? The next request executes it, whatever it did before.",
};

/** A form for a key of this status; `resolve` is called with what was said and confirmed. */
export function resolveForm(status: string, resolve: (said: Resolution) => void): ResolveForm {
  const choices: Resolution["as"][] =
    status === "AMBIGUOUS" ? ["completed", "failed", "forgotten"] : ["forgotten"];
  const asked = element("div", { "aria-live": "polite" });
  const buttons = choices.map((choice) => {
    const button = element("button", { type: "button", class: "quiet" }, LABELS[choice]);
    button.addEventListener("click", () => ask(asked, choice, resolve));
    return button;
  });
  const form = element("div", { class: "resolve" }, element("h4", {}, "Resolve"), ...buttons, asked);
  return {
    form,
    ask: (choice) => {
      if (choices.includes(choice)) ask(asked, choice, resolve);
    },
  };
}

export interface ResolveForm {
  form: HTMLElement;
  /** Asks once more, as if the choice's button was pressed, if it has one. */
  ask: (choice: Resolution["as"]) => void;
}

const LABELS = { completed: "It completed…", failed: "It failed…", forgotten: "Forget the key…" };

function ask(place: HTMLElement, choice: Resolution["as"], resolve: (said: Resolution) => void): void {
  const status = element("input", { type: "number", min: "200", max: "599", value: "200", required: "" });
  const type = element("input", { value: "application/json" });
  const body = element("textarea", { spellcheck: "false" });
  const answer = [labelled("Status", status), labelled("Content-Type", type), labelled("Content", body)];
  const form = element(
    "form",
    {},
    element("p", { class: "notice" }, QUESTIONS[choice]),
    ...(choice === "completed" ? answer : []),
    element("button", { type: "submit" }, "Yes"),
    " ",
  );
  const no = element("button", { type: "button", class: "quiet" }, "No");
  no.addEventListener("click", () => place.replaceChildren());
  form.append(no);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const headers: [string, string][] = type.value === "" ? [] : [["Content-Type", type.value]];
    const given = { status: status.valueAsNumber, headers, body: body.value };
    resolve(choice === "completed" ? { as: choice, answer: given } : { as: choice });
  });
  place.replaceChildren(form);
  no.focus();
}

function labelled(name: string, field: HTMLElement): HTMLElement {
  return element("label", {}, name, field);
}
