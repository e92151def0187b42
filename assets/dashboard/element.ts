// Elements, in one expression. Text is never read as HTML.

type Child = Node | string;

/** An element of the page that is there from the beginning. */
export function find<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as E;
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** Says `text`, without touching the page if that is what it says already. */
export function say(where: Element, text: string): void {
  if (where.textContent !== text) where.textContent = text;
}

/** Elements that stay the same ones while what they show changes: nobody's focus or selection is lost. */
export class Kept<E extends HTMLElement> {
  readonly #parent: HTMLElement;
  readonly #make: (name: string) => E;
  #elements = new Map<string, E>();

  constructor(parent: HTMLElement, make: (name: string) => E) {
    this.#parent = parent;
    this.#make = make;
  }

  /** The elements for `names`, in this order and no others. */
  show(names: string[]): E[] {
    if (names.join("\n") !== [...this.#elements.keys()].join("\n")) {
      const made = names.map((name) => [name, this.#elements.get(name) ?? this.#make(name)] as const);
      this.#elements = new Map(made);
      this.#parent.replaceChildren(...this.#elements.values());
    }
    return [...this.#elements.values()];
  }
}
