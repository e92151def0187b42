// npm run bill
//
// What the platform bills for each thing that can happen to a request, counted; fails if it is more than promised.

import { countBill, type Line, overruns } from "./bill.ts";
import { COUNTED, type Name } from "./promises.ts";

const bill = await countBill();
const [telemetry, requests] = [bill.filter(isTelemetry), bill.filter((line) => !isTelemetry(line))];
const columns = (Object.keys(COUNTED) as Name[]).filter((name) => !name.startsWith("telemetry"));

console.log(row("", (name) => COUNTED[name]));
for (const { name, counts } of requests) console.log(row(name, (column) => String(counts[column] ?? "·")));
for (const { name, seconds, counts } of telemetry) {
  const counted = (Object.entries(counts) as [Name, number][]).map(
    ([of, number]) => `${number} ${COUNTED[of]}`,
  );
  console.log(`\n${name}, in ${seconds!.toFixed(1)} s: ${counted.join(", ")}`);
}
const over = overruns(bill);
console.log(
  over.length > 0 ? `\nABOVE WHAT IS PROMISED\n${over.join("\n")}` : "\nNothing is above what is promised.",
);
process.exitCode = over.length > 0 ? 1 : 0;

/** Telemetry is paid by the second. */
function isTelemetry({ seconds }: Line): boolean {
  return seconds !== undefined;
}

function row(title: string, cell: (column: Name) => string): string {
  const cells = columns.map((column) => cell(column).padStart(COUNTED[column].length + 2));
  return title.padEnd(35) + cells.join("");
}
