// The comparison as a picture: processor time of a request, of this service, of the floor that it stands on, and of J.

import type { Row } from "./report.ts";

const BAR = 12;
const GAP = 2;
const LABELS = 270;
const BARS = 400;
const FIGURES = 130;
const TOP = 64;

/** What is drawn of a case: what it is held against, and the case itself. */
interface Bar {
  us: number;
  kind: "floor" | "plain" | "ours";
  name: string;
}

/** An SVG that follows the reader's choice of light or dark. */
export function chart(rows: Row[], floors: Row[], connections: number): string {
  const shown = rows.filter((row) => row.connections === connections && row.against?.length);
  const costOf = (name: string) =>
    floors.find((other) => other.name === name && other.connections === connections)?.cpuUs;
  const groups = shown.map((row) => {
    const under = row.against!.flatMap(({ floor, language }): Bar[] => {
      const us = floor === "J" ? costOf(`${row.name}, J`) : (costOf(floor) ?? costOf(`${floor} ${language}`));
      return us === undefined ? [] : [{ us, kind: floor === "J" ? "plain" : "floor", name: floor }];
    });
    return { name: row.name, bars: [...under, { us: row.cpuUs, kind: "ours", name: "" } as Bar] };
  });
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ us }) => us)));
  // Costs are of three orders of magnitude: a logarithmic axis shows them all, from 10 µs on.
  const width = (us: number) => (BARS * Math.log(us / 10)) / Math.log(most / 10);
  let y = TOP;
  const drawn = groups.flatMap(({ name, bars }) => {
    const lines = [
      `<text class="name" x="${LABELS - 10}" y="${y + (bars.length * (BAR + GAP)) / 2 + 3}">${name}</text>`,
    ];
    for (const one of bars) {
      lines.push(bar(y, one));
      y += BAR + GAP;
    }
    y += 12;
    return lines;
  });
  const height = y;

  function bar(y: number, { us, kind, name }: Bar) {
    const end = LABELS + width(us);
    return (
      `<rect class="${kind}" x="${LABELS}" y="${y}" width="${width(us).toFixed(1)}" height="${BAR}" rx="2"/>` +
      `<text class="figure" x="${(end + 6).toFixed(1)}" y="${y + 10}">${us.toFixed(0)} µs ${name}</text>`
    );
  }

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LABELS + BARS + FIGURES} ${height}" role="img"
  aria-label="Processor time of a request, compared with the platform alone and with plain JavaScript">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.name { text-anchor: end }
.figure { font-size: 11px; fill: #57606a }
.floor { fill: #8c959f }
.plain { fill: #d4a72c }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .figure { fill: #9198a1 }
  .floor { fill: #6e7681 }
  .plain { fill: #bb8009 }
  .ours { fill: #4493f8 }
}
</style>
<text class="title" x="10" y="20">Processor time of a request at ${connections} connections (logarithmic)</text>
<rect class="floor" x="10" y="32" width="12" height="12" rx="2"/>
<text x="28" y="42">the platform alone, and what the contract shows</text>
<rect class="plain" x="330" y="32" width="12" height="12" rx="2"/>
<text x="348" y="42">J, plain JavaScript</text>
<rect class="ours" x="490" y="32" width="12" height="12" rx="2"/>
<text x="508" y="42">edge-idempotency</text>
${drawn.join("\n")}
</svg>
`;
}
