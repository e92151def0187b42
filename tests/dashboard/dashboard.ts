// The dashboard in a browser, with what a test of it needs.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { type Mischief, openPage } from "../harness/browser.ts";
import type { Client } from "../harness/client.ts";

export const DESKTOP = { viewport: { width: 1440, height: 1000 } };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

export class Dashboard {
  readonly page: Page;
  readonly #mischief: Mischief;
  readonly #origin: string;

  constructor(page: Page, mischief: Mischief, origin: string) {
    this.page = page;
    this.#mischief = mischief;
    this.#origin = origin;
  }

  /** The row of the table of outcomes: per second, in five minutes, in all. */
  async outcome(name: string): Promise<string[]> {
    const row = this.page.locator("#outcomes tr", {
      has: this.page.getByRole("rowheader", { name, exact: true }),
    });
    return row.locator("td").allInnerTexts();
  }

  /** How many requests there were in all, by outcome, as the table has it. */
  async counts(): Promise<Record<string, number>> {
    const rows = await this.page.locator("#outcomes tr").allInnerTexts();
    const cells = rows.map((row) => row.split("\t").map((text) => text.trim()));
    return Object.fromEntries(cells.map((row) => [row[0]!, Number(row.at(-1)!.replaceAll(",", ""))]));
  }

  /** The value of a key figure, and what is added to it. */
  async figure(name: string): Promise<{ value: string; more: string }> {
    const tile = this.page.locator(".figure", { has: this.page.getByText(name, { exact: true }) });
    return { value: await tile.locator(".value").innerText(), more: await tile.locator(".more").innerText() };
  }

  get status() {
    return this.page.locator("#connection");
  }

  /** The events that are listed, newest first. */
  get lines() {
    return this.page.locator("#lines tr");
  }

  /** It has asked for nothing but what is the server's, has been refused nothing, and complains about nothing. */
  isInnocent(): void {
    const elsewhere = this.#mischief.requests.filter((url) => new URL(url).origin !== this.#origin);
    expect({ errors: this.#mischief.errors, elsewhere }).toEqual({ errors: [], elsewhere: [] });
  }
}

export async function openDashboard(
  browser: Browser,
  api: Client,
  options: BrowserContextOptions = DESKTOP,
): Promise<Dashboard> {
  const { page, mischief } = await openPage(browser, options);
  await page.goto(new URL("/dashboard", api.server.address).href);
  await page.locator('#connection[data-state="live"]').waitFor();
  await page.locator(".figure").first().waitFor();
  return new Dashboard(page, mischief, api.server.address.origin);
}

/** What axe-core finds, in a few words. */
export async function violations(page: Page): Promise<string[]> {
  const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  await page.evaluate(await readFile(axe, "utf8"));
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `axe.run({ runOnly: ${JSON.stringify(tags)} })`,
  );
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
