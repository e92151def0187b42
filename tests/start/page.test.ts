// The page at /, as somebody uses it who wants to see what a key is good for.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { serve } from "../harness/client.ts";
import { makeToken } from "../harness/tokens.ts";
import { openStart, rows, secondTab, stored } from "./start.ts";

const shop = makeToken("shop");
const api = serve({ START_PAGE: "on" });
const checked = serve({ START_PAGE: "on", AUTH: "on", API_TOKENS: JSON.stringify([shop.stored]) });
const faultless = serve({ START_PAGE: "on", FAULT_INJECTION: "off" });

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

describe("a payment", () => {
  test("is one request, one key and one row", async () => {
    const start = await openStart(browser, api);

    await start.pay();

    await start.adds(1, 1, 1);
    await start.stands("Paid.");
    const [request] = await start.requests();
    expect(request).toMatchObject({ there: "Ran: wrote the payment", here: "201: the payment is made." });
    expect(await start.page.locator("#rows .when").innerText()).toMatch(/^written by request 1 at /);
    expect(await rows(api, start)).toBe(1);
    start.isInnocent();
  });

  test("whose answer is lost is asked for again with its key, and the answer is repeated", async () => {
    const start = await openStart(browser, api);
    await start.turn("Lose the answer");

    await start.pay();

    await start.adds(2, 1, 1);
    await start.stands("Paid.");
    expect(await start.requests()).toMatchObject([
      { there: "Ran: wrote the payment", here: "The answer, 201, was lost on its way back." },
      { there: "Replayed: nothing ran", here: "201 again: the first answer, byte for byte." },
    ]);
    expect(await rows(api, start)).toBe(1);
    start.isInnocent();
  });

  test("whose object is killed after the effect is found by the next attempt", async () => {
    const start = await openStart(browser, api);
    await start.turn("Kill the object after the effect");

    await start.pay();

    await start.adds(2, 1, 1);
    await start.page.getByText("COMPLETED, 2 attempts").waitFor();
    expect(await start.requests()).toMatchObject([
      { there: "Wrote the payment, then crashed", here: "503: reset after the effect, as in a crash." },
      { there: "Ran again: found the payment", here: "201: the payment is the one that request 1 wrote." },
    ]);
    expect(await rows(api, start)).toBe(1);
    start.isInnocent();
  });

  test("that is killed, then loses its answer, is one row after three requests", async () => {
    const start = await openStart(browser, api);
    await start.turn("Kill the object after the effect");
    await start.turn("Lose the answer");

    await start.pay();

    await start.adds(3, 1, 1);
    expect((await start.requests()).map(({ there }) => there)).toEqual([
      "Wrote the payment, then crashed",
      "Ran again: found the payment",
      "Replayed: nothing ran",
    ]);
    expect(await rows(api, start)).toBe(1);
  });

  test("is not sent while the page is offline, and sent once it is back", async () => {
    const start = await openStart(browser, api);
    await start.turn("Go offline");

    await start.pay();
    await start.page.locator("#timeline li").nth(1).waitFor();
    await start.adds(0, 1, 0);
    const before = await rows(api, start);
    await start.turn("Go offline", false);

    await start.adds(1, 1, 1);
    await start.stands("Paid.");
    const requests = await start.requests();
    expect(requests[0]).toMatchObject({
      there: "Nothing arrived",
      here: "Offline: it never left this page.",
    });
    expect(requests.at(-1)!.there).toBe("Ran: wrote the payment");
    expect([before, await rows(api, start)]).toEqual([0, 1]);
  });

  test("is asked for at once when the page is back, and not at the end of a wait", async () => {
    const start = await openStart(browser, api);
    const { clock } = start.page;
    await clock.install();
    await start.page.reload();
    await start.turn("Go offline");
    await start.pay();
    await start.stands("Offline: still trying.");
    await clock.pauseAt(Date.now() + 1000);

    await start.turn("Go offline", false);

    await start.stands("Paid.");
    await start.adds(1, 1, 1);
  });

  test("that is pressed twice is made once", async () => {
    const start = await openStart(browser, api);

    await start.page.getByRole("button", { name: "Pay" }).dblclick();

    await start.stands("Paid.");
    await start.page.getByText("Replayed: nothing ran").waitFor();
    await start.page.locator('#payments-figure[data-made="1"]').waitFor();
    expect(await rows(api, start)).toBe(1);
  });

  test("without the client has a key for each try, and is made twice", async () => {
    const start = await openStart(browser, api);
    await start.turn("Leave the client out");
    await start.turn("Lose the answer");

    await start.pay();

    await start.adds(2, 2, 2);
    expect(await start.page.locator("#payments-figure").innerText()).toContain("▲ not once");
    expect(await rows(api, start)).toBe(2);
  });

  test("for a new cart is another payment", async () => {
    const start = await openStart(browser, api);
    await start.pay();
    await start.adds(1, 1, 1);
    const [first] = await start.requests();

    await start.page.getByRole("button", { name: "New cart" }).click();
    await start.stands("Not paid yet.");
    await start.adds(0, 0, 0);
    const left = await stored(start.page.context());
    await start.pay();

    await start.adds(1, 1, 1);
    const [other] = await start.requests();
    expect(left).not.toContain(first!.key);
    expect(other!.key).not.toBe(first!.key);
    expect(other!.there).toBe("Ran: wrote the payment");
  });
});

describe("a page that is left while it waits", () => {
  test("goes on with the same key, and there is one row", async () => {
    const start = await openStart(browser, api);
    await start.turn("Go offline");
    await start.pay();
    await start.stands("Offline: still trying.");
    const [before] = await start.requests();

    await start.page.reload();

    await start.adds(1, 1, 1);
    await start.stands("Paid.");
    expect((await start.requests()).map(({ key }) => key)).toContain(before!.key);
    expect(await rows(api, start)).toBe(1);
  });

  test("says of a request under way that its answer came to nobody", async () => {
    const start = await openStart(browser, api);
    // The answer never comes to the page, which is left meanwhile.
    await start.page.route("**/transactions", (route) => route.fetch().then(() => undefined), { times: 1 });
    await start.pay();
    await start.page.locator('#timeline [data-kind="waiting"]').waitFor();

    await start.page.reload();

    await start.stands("Paid.");
    await start.adds(2, 1, 1);
    expect((await start.requests())[0]!.here).toBe("The page was left before the answer came.");
    expect(await rows(api, start)).toBe(1);
  });

  test("shows what was paid before, and sends nothing", async () => {
    const start = await openStart(browser, api);
    await start.pay();
    await start.adds(1, 1, 1);

    await start.page.reload();

    await start.stands("Paid.");
    await start.adds(1, 1, 1);
  });
});

describe("a second tab", () => {
  test("has the same cart and the same key, and pays no second time", async () => {
    const start = await openStart(browser, api);
    await start.turn("Lose the answer");
    await start.pay();
    await start.adds(2, 1, 1);

    const other = await secondTab(start);
    await other.adds(2, 1, 1);
    await other.pay();

    await Promise.all([start.adds(3, 1, 1), other.adds(3, 1, 1)]);
    expect((await start.requests()).map(({ tab }) => tab)).toEqual(["", "", "another tab"]);
    expect((await other.requests()).map(({ tab }) => tab)).toEqual(["another tab", "another tab", ""]);
    expect((await other.requests()).at(-1)!.there).toBe("Replayed: nothing ran");
    const stored = (each: typeof start) => each.page.locator("#stored-key").innerText();
    expect(await stored(other)).toBe(await stored(start));
    expect(await rows(api, start)).toBe(1);
  });

  test("that pays at the same time sends the same key, and there is one row", async () => {
    const start = await openStart(browser, api);
    const other = await secondTab(start);

    await Promise.all([start.pay(), other.pay()]);

    await Promise.all([start.stands("Paid."), other.stands("Paid.")]);
    await start.page.locator('#payments-figure[data-made="1"]').waitFor();
    expect(new Set((await start.requests()).map(({ key }) => key)).size).toBe(1);
    expect(await rows(api, start)).toBe(1);
  });

  test("begins a new cart for the first one too, which asks for the old one no more", async () => {
    const start = await openStart(browser, api);
    await start.turn("Go offline");
    await start.pay();
    await start.stands("Offline: still trying.");
    const other = await secondTab(start);
    await other.stands("Paid.");

    await other.page.getByRole("button", { name: "New cart" }).click();

    await Promise.all([start.adds(0, 0, 0), other.adds(0, 0, 0)]);
    await start.stands("Not paid yet.");
    const cart = (each: typeof start) => each.page.locator("#cart").innerText();
    expect(await cart(start)).toBe(await cart(other));
  });
});

describe("a service that checks its callers", () => {
  test("is given a token by hand, which is stored nowhere", async () => {
    const start = await openStart(browser, checked);
    await start.pay();
    await start.stands("The service answered 401.");

    await start.page.getByLabel("API token").fill(shop.token);
    await start.page.getByRole("button", { name: "Pay with it" }).click();

    await start.adds(2, 1, 1);
    await start.stands("Paid.");
    expect(await rows(checked, start)).toBe(1);
    expect(await stored(start.page.context())).not.toContain(shop.token);
    start.isInnocent();
  });
});

describe("a service without faults on demand", () => {
  test("is said to have ignored one", async () => {
    const start = await openStart(browser, faultless);
    await start.turn("Kill the object after the effect");

    await start.pay();

    await start.adds(1, 1, 1);
    const [request] = await start.requests();
    expect(request!.here).toBe("201: the payment is made. X-Fault was ignored: FAULT_INJECTION is off.");
  });
});
