// Puts the page together: a cart, its payment, the faults on the way, and what came of it.

import { find, say } from "../dashboard/element.ts";
import { short } from "../dashboard/words.ts";
import { cartId, newCart, whenCartChanges } from "./cart.ts";
import { Checkout } from "./checkout.ts";
import { Switches } from "./faults.ts";
import { keepOnly, requestsFor, whenOthersWrite } from "./journal.ts";
import { Network } from "./network.ts";
import { Payments } from "./payments.ts";
import { standingWords } from "./standing.ts";
import { SumsView } from "./sums.ts";
import { TimelineView } from "./timeline.ts";

export function open(): void {
  new Page();
}

class Page {
  readonly #switches = new Switches(() => void this.#checkout.hurry());
  readonly #network = new Network(this.#switches, () => this.#show());
  readonly #payments = new Payments(
    () => this.#checkout.headers,
    () => this.#show(),
  );
  readonly #sums = new SumsView();
  readonly #timeline = new TimelineView();
  #cart!: string;
  #checkout!: Checkout;

  constructor() {
    this.#begin(cartId());
    whenCartChanges(() => {
      this.#checkout.stop();
      this.#begin(cartId());
    });
    whenOthersWrite(() => this.#show());
    find("pay").addEventListener("click", () => void this.#pay());
    find("renew").addEventListener("click", () => void this.#renew());
    find("access").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#checkout.token = find<HTMLInputElement>("token").value;
      void this.#pay();
    });
  }

  /** Whatever goes on for another cart no longer shows. */
  #begin(cart: string): void {
    keepOnly(cart);
    this.#cart = cart;
    this.#checkout = new Checkout(cart, this.#network, () => this.#show());
    void this.#checkout.resume();
    this.#show();
  }

  #pay(): Promise<void> {
    return this.#switches.isWithoutClient ? this.#checkout.payWithoutClient() : this.#checkout.pay();
  }

  async #renew(): Promise<void> {
    await this.#checkout.end();
    this.#begin(newCart());
  }

  #show(): void {
    const requests = requestsFor(this.#cart);
    this.#payments.lookUp(requests);
    void this.#checkout.look();
    const { standing, key } = this.#checkout;
    say(find("cart"), short(this.#cart));
    say(find("stored-key"), key === undefined ? "none yet" : short(key));
    say(find("stored-where"), key === undefined ? "" : "stored in this browser");
    say(find("standing"), standingWords(standing, requests));
    find("standing").dataset["standing"] = standing.name;
    find("access").hidden = !(standing.name === "answered" && standing.status === 401);
    this.#sums.show(requests, this.#payments);
    this.#timeline.show(requests, this.#payments.of(requests));
  }
}
