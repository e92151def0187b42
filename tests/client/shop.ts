// The shop in a browser: real pages with the built client, the real service, and between them a network that fails.

import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { type Client, RESOURCES, serve } from "../harness/client.ts";
import type { ShopOptions } from "./pages/shop.ts";
import { Proxy } from "./proxy.ts";

const HTML =
  '<!doctype html><html lang="en"><title>Shop</title><script type="module" src="/shop.js"></script></html>';

export class Shop {
  readonly api: Client;
  browser!: Browser;
  proxy!: Proxy;
  readonly #contexts: BrowserContext[] = [];

  constructor(api: Client) {
    this.api = api;
  }

  async start(): Promise<void> {
    this.browser = await openBrowser();
    this.proxy = new Proxy(() => this.api.server.address);
    await this.proxy.start();
    this.proxy.files.set("/shop", { type: "text/html", content: HTML });
    for (const name of ["shop", "worker"])
      this.proxy.files.set(`/${name}.js`, { type: "text/javascript", content: await bundle(name) });
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    this.proxy?.stop();
  }

  /** Another customer: a browser with an empty store. It is gone after the test. */
  async customer(): Promise<BrowserContext> {
    const context = await this.browser.newContext();
    this.#contexts.push(context);
    return context;
  }

  /** Opens the shop in a tab of a customer, or of a new one. */
  async open(options: ShopOptions = {}, customer?: BrowserContext): Promise<Page> {
    const page = await (customer ?? (await this.customer())).newPage();
    await this.visit(page, options);
    return page;
  }

  /** Loads the shop in this tab, anew if it is there already. */
  async visit(page: Page, options: ShopOptions = {}): Promise<void> {
    const url = new URL("/shop", this.proxy.address);
    url.search = new URLSearchParams({ options: JSON.stringify(options) }).toString();
    await page.goto(url.href);
    await page.waitForFunction("globalThis.checkout");
  }

  /** What has taken effect by this name. */
  async orders(name: string): Promise<unknown[]> {
    await this.proxy.settled();
    return this.api.rowsWhere("resources", "name", name);
  }

  /** The keys that were sent for this name, each once. */
  keys(name: string): string[] {
    return [...new Set(this.sent(name).map(({ key }) => key))];
  }

  /** The requests that were sent for this name. */
  sent(name: string) {
    return this.proxy.passed.filter(({ path, body }) => path === RESOURCES && JSON.parse(body).name === name);
  }

  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }
}

/** A shop of the file's own. */
export function openShop(vars: Record<string, string> = {}): Shop {
  const shop = new Shop(serve(vars));
  beforeAll(() => shop.start());
  afterEach(() => shop.leave());
  afterAll(() => shop.stop());
  return shop;
}

/** The package as it is built, in the place of its sources. */
const built: Plugin = {
  name: "built",
  setup: ({ onResolve }) =>
    onResolve({ filter: /packages\/client\/src/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace("/src/", "/dist/").replace(/\.ts$/, ".js")),
    })),
};

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, `pages/${name}.ts`)],
    bundle: true,
    format: "esm",
    plugins: [built],
    write: false,
  });
  return outputFiles[0]!.text;
}
