// Which requests are the same: packages/client/vectors/digest.json.

import { describe, expect, it } from "vitest";
import { captured } from "../../packages/client/src/request.ts";
import { digestCases } from "./vectors.ts";

describe("vectors/digest.json:", () => {
  it.each(digestCases())("$name", async ({ method, url, contentType, content, digest }) => {
    const body = Buffer.from(content, "base64");
    const headers = new Headers(contentType === undefined ? {} : { "Content-Type": contentType });

    const request = await captured(url, { method, headers, ...(body.length > 0 && { body }) });

    expect(request.digest).toBe(digest);
  });
});
