// npm run bill
//
// What the platform bills for each thing that can happen to a request: counted, and in dollars per million. Fails if it
// is more than promised.

import { countBill, type Line, overruns } from "./bill.ts";
import { dollars, PARTS } from "./dollars.ts";
import { COUNTED, type Name } from "./promises.ts";
import { measureStored } from "./stored.ts";

const bill = await countBill();
const requests = bill.filter((line) => !isTelemetry(line));
const columns = (Object.keys(COUNTED) as Name[]).filter((name) => !name.startsWith("telemetry"));

print(
  "Counted",
  columns.map((name) => COUNTED[name]),
  ({ counts }) => columns.map((name) => String(counts[name] ?? "·")),
);
print("Dollars per million", [...PARTS, "total", "logs"], ({ counts }) => {
  const cost = dollars(counts);
  return [...PARTS, "total" as const, "logs" as const].map((part) => cost[part].toFixed(3));
});
for (const { name, seconds, counts } of bill.filter(isTelemetry)) {
  const counted = (Object.entries(counts) as [Name, number][]).map(
    ([of, count]) => `${count} ${COUNTED[of]}`,
  );
  console.log(`${name}, in ${seconds!.toFixed(1)} s: ${counted.join(", ")}\n`);
}
const { object, copy, row } = await measureStored();
console.log(`Bytes of a resource: its object ${object}, its copy in KV ${copy}, its row in D1 ${row}\n`);
const over = overruns(bill);
console.log(
  over.length > 0 ? `ABOVE WHAT IS PROMISED\n${over.join("\n")}` : "Nothing is above what is promised.",
);
process.exitCode = over.length > 0 ? 1 : 0;

/** Telemetry is paid by the second. */
function isTelemetry({ seconds }: Line): boolean {
  return seconds !== undefined;
}

function print(title: string, heads: string[], cells: (line: Line) => string[]): void {
  const row = (first: string, rest: string[]) =>
    first.padEnd(35) + rest.map((cell, at) => cell.padStart(Math.max(heads[at]!.length, 6) + 2)).join("");
  console.log(row(title, heads));
  for (const line of requests) console.log(row(line.name, cells(line)));
  console.log();
}
