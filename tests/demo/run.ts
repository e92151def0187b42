// npm run demo [-- --rate <requests per second> --seconds <n> --url <address> --seed <n>]
//
// Sends traffic as it is in life to a local server, and says at its end whether /metrics has every request.

import { parseArgs } from "node:util";
import { demo, type Plan, TOKENS } from "./demo.ts";
import { table, verdict } from "./report.ts";

const USAGE = "npm run demo -- [--rate 20] [--seconds 60] [--url http://localhost:8000] [--seed 1]";

const plan = read();
let isOver = false;
process.once("SIGINT", () => (isOver = true));

try {
  console.log(
    `Sending about ${plan.rate} requests per second to ${plan.url.origin} for ${plan.seconds} s (seed ${plan.seed}).\n` +
      `Watch them at ${new URL("/dashboard", plan.url)}. The clients: ${TOKENS.map((token) => token ?? "one without a name").join(", ")}.`,
  );
  const result = await demo(plan, progress, () => isOver);
  progress("");
  console.log(`\n${table(result)}\n\n${verdict(result)}`);
  process.exitCode = result.counted.equals(result.sent) ? 0 : 1;
} catch (error) {
  stop(`${explain(error)}\nThe demo is for a server as npm start runs it: start one, and run this again.`);
}

function read(): Plan {
  try {
    const { values } = parseArgs({
      options: {
        rate: { type: "string", default: "20" },
        seconds: { type: "string", default: "60" },
        url: { type: "string", default: "http://localhost:8000" },
        seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
      },
    });
    const [rate, seconds] = [positive("rate", values.rate), positive("seconds", values.seconds)];
    return { url: new URL(values.url), rate, seconds, seed: Number(values.seed) };
  } catch (error) {
    return stop(`${explain(error)}\nUsage: ${USAGE}`);
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}

/** One line that changes, where there is somebody to see it change. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

function explain(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error
    ? `${message}: ${cause.message || (cause as NodeJS.ErrnoException).code}`
    : message;
}

function stop(message: string): never {
  console.error(`\n${message}`);
  process.exit(1);
}
