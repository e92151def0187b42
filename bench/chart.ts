// The comparison as a picture: processor time of a request, of this service and of the floor that it stands on.

import type { Row } from "./report.ts";

const BAR = 14;
const GAP = 3;
const GROUP = 2 * (BAR + GAP) + 14;
const LABELS = 250;
const BARS = 420;
const FIGURES = 90;
const TOP = 64;

/** An SVG that follows the reader's choice of light or dark. */
export function chart(rows: Row[], floors: Row[], connections: number): string {
  const shown = rows.filter((row) => row.connections === connections && row.against);
  const pairs = shown.map((row) => {
    const { floor, language } = row.against![0]!;
    const under = floors.find(
      (other) => other.name === `${floor} ${language}` && other.connections === connections,
    )!;
    return { row, under };
  });
  const most = Math.max(...pairs.flatMap(({ row, under }) => [row.cpuUs, under.cpuUs]));
  // Costs are of three orders of magnitude: a logarithmic axis shows them all, from 10 µs on.
  const width = (us: number) => (BARS * Math.log(us / 10)) / Math.log(most / 10);
  const height = TOP + pairs.length * GROUP + 10;
  const groups = pairs.map(({ row, under }, at) => {
    const y = TOP + at * GROUP;
    return [
      `<text class="name" x="${LABELS - 10}" y="${y + BAR + 4}">${row.name}</text>`,
      bar(y, under.cpuUs, "floor", row.against![0]!.floor),
      bar(y + BAR + GAP, row.cpuUs, "ours", ""),
    ].join("\n");
  });

  function bar(y: number, us: number, kind: string, name: string) {
    const end = LABELS + width(us);
    return (
      `<rect class="${kind}" x="${LABELS}" y="${y}" width="${width(us).toFixed(1)}" height="${BAR}" rx="2"/>` +
      `<text class="figure" x="${(end + 6).toFixed(1)}" y="${y + 11}">${us.toFixed(0)} µs ${name}</text>`
    );
  }

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LABELS + BARS + FIGURES} ${height}" role="img"
  aria-label="Processor time of a request, compared with the least that the platform takes">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.name { text-anchor: end }
.figure { font-size: 11px; fill: #57606a }
.floor { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .figure { fill: #9198a1 }
  .floor { fill: #6e7681 }
  .ours { fill: #4493f8 }
}
</style>
<text class="title" x="10" y="20">Processor time of a request at ${connections} connections (logarithmic)</text>
<rect class="floor" x="10" y="32" width="12" height="12" rx="2"/>
<text x="28" y="42">the platform alone, for the least that can do it (F1 to F4)</text>
<rect class="ours" x="400" y="32" width="12" height="12" rx="2"/>
<text x="418" y="42">edge-idempotency</text>
${groups.join("\n")}
</svg>
`;
}
