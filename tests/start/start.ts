// The page at / in a browser, with what a test of it needs.

import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { openPage } from "../harness/browser.ts";
import { type Client, eventually } from "../harness/client.ts";

export type Switch =
  "Lose the answer" | "Kill the object after the effect" | "Go offline" | "Leave the client out";

/** A request as the page shows it. */
export interface Shown {
  key: string;
  tab: string;
  there: string;
  here: string;
}

export class StartPage {
  readonly page: Page;
  readonly #errors: string[];

  constructor(page: Page, errors: string[]) {
    this.page = page;
    this.#errors = errors;
  }

  turn(name: Switch, isOn = true): Promise<void> {
    return this.page.getByRole("switch", { name }).setChecked(isOn);
  }

  async pay(): Promise<void> {
    await this.page.getByRole("button", { name: "Pay 99.95 USD" }).click();
  }

  /** Waits until this stands under the button. */
  stands(words: string): Promise<void> {
    return this.page.locator("#standing", { hasText: words }).waitFor();
  }

  async requests(): Promise<Shown[]> {
    const items = await this.page.locator("#timeline li").all();
    return Promise.all(
      items.map(async (item) => {
        const text = (part: string) => item.locator(`.${part}`).innerText();
        const key = (await item.locator(".key").getAttribute("title"))!;
        return { key, tab: await text("tab"), there: await text("there"), here: await text("here") };
      }),
    );
  }

  /** Waits for these numbers: requests sent, keys used, payments made. */
  async adds(requests: number, keys: number, payments: number): Promise<void> {
    const wanted = [requests, keys, payments].join();
    await eventually(async () => (await this.page.locator(".sums .value").allInnerTexts()).join() === wanted);
  }

  /** It has been refused nothing by its policy, and complains about nothing but answers that are no successes. */
  isInnocent(): void {
    const complaints = this.#errors.filter((text) => !/status of (401|409|503)/.test(text));
    expect(complaints).toEqual([]);
  }
}

export async function openStart(
  browser: Browser,
  api: Client,
  options: BrowserContextOptions = {},
): Promise<StartPage> {
  const { page, mischief } = await openPage(browser, options);
  await page.goto(api.server.address.href);
  return new StartPage(page, mischief.errors);
}

/** The tab that `page` opens. */
export async function secondTab({ page }: StartPage): Promise<StartPage> {
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Second tab" }).click();
  const other = await opened;
  await other.locator("#standing:not(:empty)").waitFor();
  return new StartPage(other, []);
}

/** How many payments the database has for the keys that the page shows. */
export async function rows(api: Client, { page }: StartPage): Promise<number> {
  const keys = await page
    .locator("#timeline .key")
    .evaluateAll((all) => all.map((each) => (each as HTMLElement).title));
  const found = await Promise.all([...new Set(keys)].map((key) => api.rows(key, "transactions")));
  return found.flat().length;
}

/** Everything that scripts of this origin can read in the browser's storage, as text. */
export async function stored(context: BrowserContext): Promise<string> {
  return JSON.stringify(await context.storageState({ indexedDB: true }));
}
