// Colors and patterns on canvases. What a color tells, a pattern tells too: not everybody sees hues.

import type { Outcome } from "./protocol.ts";

/** A pattern's tile, in CSS pixels. */
const TILE = 8;

const RISING = "M-1 9L9 -1M-1 1L1 -1M7 9L9 7";
const FALLING = "M-1 -1L9 9M7 -1L9 1M-1 7L1 9";
const DOTS = "M2 2h.01M6 6h.01";

/** What each outcome's color is marked with: paths in a tile, as SVG writes them. */
const MARKS: Record<Outcome, string> = {
  executed: "",
  replayed: RISING,
  in_progress: DOTS,
  key_missing: "M0 2H8M0 6H8",
  key_invalid: "M2 0V8M6 0V8",
  validation_failed: "M0 4H8M4 0V8",
  unauthorized: FALLING,
  rate_limited: "M0 2H4M4 6H8",
  mismatch: RISING + FALLING,
  failed: FALLING,
  ambiguous: DOTS + FALLING,
  unavailable: "M0 4H8",
};

const fills = new Map<Outcome, CanvasPattern>();

/** A color that the style sheet names, as it is now: light or dark. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** How an outcome is filled. */
export function outcomeFill(outcome: Outcome): CanvasPattern {
  const fill = fills.get(outcome) ?? paintFill(outcome);
  fills.set(outcome, fill);
  return fill;
}

function paintFill(outcome: Outcome): CanvasPattern {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE * devicePixelRatio);
  const context = tile.getContext("2d")!;
  context.scale(tile.width / TILE, tile.height / TILE);
  context.fillStyle = color(`outcome-${outcome.replaceAll("_", "-")}`);
  context.fillRect(0, 0, TILE, TILE);
  context.strokeStyle = color("surface");
  context.lineWidth = MARKS[outcome] === DOTS ? 2.2 : 1.3;
  context.lineCap = "round";
  context.stroke(new Path2D(MARKS[outcome]));
  return context.createPattern(tile, "repeat")!;
}

/** An outcome's fill, to stand beside its name. */
export function outcomeSwatch(outcome: Outcome): HTMLCanvasElement {
  const swatch = document.createElement("canvas");
  swatch.className = "swatch";
  swatch.ariaHidden = "true";
  swatch.dataset.outcome = outcome;
  paintSwatch(swatch);
  return swatch;
}

function paintSwatch(swatch: HTMLCanvasElement): void {
  swatch.width = swatch.height = Math.round(12 * devicePixelRatio);
  const context = swatch.getContext("2d")!;
  context.fillStyle = outcomeFill(swatch.dataset.outcome as Outcome);
  context.fillRect(0, 0, swatch.width, swatch.height);
}

/** Paints anew, and calls `changed`, whenever colors change: the reader's system turns dark or light. */
export function whenColorsChange(changed: () => void): void {
  const repaint = () => {
    fills.clear();
    document.querySelectorAll<HTMLCanvasElement>("canvas[data-outcome]").forEach(paintSwatch);
    changed();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
}
