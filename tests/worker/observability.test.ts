// What is shipped for Prometheus and Grafana is true of the service: each panel shows something, each alert has a runbook.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { demo } from "../demo/demo.ts";
import { eventually, newKey, serve } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";

const ROOT = join(import.meta.dirname, "../..");
const SHIPPED = join(ROOT, "observability");
/** Labels that Prometheus itself gives to what it reads, and the bound of a histogram's bucket. */
const FROM_ELSEWHERE = ["job", "le"];

interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: { rule?: string };
  annotations?: { runbook_url: string };
}

const rules: Rule[] = parse(read("observability/rules.yml")).groups.flatMap((group: any) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const dashboard = JSON.parse(read("observability/dashboard.json"));
const panels = dashboard.panels.filter(({ type }: { type: string }) => type !== "row");
const shown: { title: string; expr: string; legendFormat: string }[] = panels.flatMap((panel: any) =>
  panel.targets.map((target: any) => ({ ...target, title: panel.title, expr: filled(target.expr) })),
);

const ours = serve();
const behind = gateway();
let samples: string[] = [];
let work: string;
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "edge-idempotency-rules-"));
  await demo({ url: ours.server.address, rate: 60, seconds: 2, seed: 7 }, () => {});
  for (const name of ["new", "cut"]) await behind.send(behind.place(name), newKey());
  await eventually(async () => {
    const texts = await Promise.all([ours.server, behind.server].map(metricsOf));
    samples = texts.flatMap((text) => text.split("\n")).filter((line) => line.startsWith("idempotency_"));
    return ["replays_total", "upstream_requests_total", "ambiguous_records"].every((name) =>
      samples.some((sample) => sample.startsWith(`idempotency_${name}`)),
    );
  });
});
afterAll(() => rmSync(work, { recursive: true }));

test("Prometheus takes the rules, the configuration and what the rules are to do", () => {
  expect(promtool("check", "rules", `${SHIPPED}/rules.yml`)).toContain(`${rules.length} rules found`);
  expect(promtool("check", "config", "--syntax-only", `${SHIPPED}/prometheus.yml`)).toContain("SUCCESS");
  expect(promtool("test", "rules", `${SHIPPED}/rules.test.yml`)).toContain("SUCCESS");
});

test("each alert is tried, and its runbook exists", () => {
  const headings = [...read("docs/runbook.md").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    anchor(heading!),
  );
  const tried = JSON.stringify(parse(read("observability/rules.test.yml")).tests);

  for (const { alert, annotations } of alerts) {
    const [page, place] = annotations!.runbook_url.split("#");
    expect(page).toMatch(/^https:.*\/docs\/runbook\.md$/);
    expect(headings).toContain(place);
    expect(tried).toContain(`"alertname":"${alert}"`);
  }
});

test("each expression of the dashboard and each recorded one has a value after the demo's traffic", () => {
  const expressions = [...shown.map(({ expr }) => expr), ...rules.flatMap(({ record }) => record ?? [])];
  // What is absent has a sample; none is expected.
  const nothingAbsent = (expr: string) => ({ expr: `absent(${expr})`, eval_time: "3m", exp_samples: [] });
  const file = join(work, "shown.json");
  const tests = [
    {
      interval: "15s",
      input_series: [...new Set(samples.map(series))].map((series) => ({ series, values: "0+1x20" })),
      promql_expr_test: expressions.map(nothingAbsent),
    },
  ];
  writeFileSync(
    file,
    JSON.stringify({ rule_files: [join(SHIPPED, "rules.yml")], evaluation_interval: "15s", tests }),
  );

  expect(shown.length).toBeGreaterThan(15);
  expect(promtool("test", "rules", file)).toContain("SUCCESS");
});

test("each label that an expression names is one of its metrics", () => {
  const recorded = new Map(rules.map(({ record, expr }) => [record ?? "", expr]));
  for (const { expr, legendFormat } of [...shown, ...rules.map((rule) => ({ ...rule, legendFormat: "" }))]) {
    const known = [...FROM_ELSEWHERE, ...metricsIn(expr, recorded).flatMap(labelsOf)];
    for (const label of labelsIn(expr, legendFormat)) expect(known, expr).toContain(label);
  }
});

describe("the dashboard", () => {
  test("is the same wherever it is imported, and takes its data from where its user says", () => {
    expect(dashboard.uid).toBe("edge-idempotency");
    expect(JSON.stringify(dashboard.panels)).not.toMatch(/"uid":"(?!\$\{datasource\}")/);
    expect(dashboard.templating.list[0]).toMatchObject({ name: "datasource", type: "datasource" });
  });

  test("says of each panel what it shows, and in which unit", () => {
    for (const { title, description, fieldConfig } of panels) {
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig.defaults.unit, title).toMatch(/^(reqps|ops|percentunit|s|bytes|short)$/);
    }
  });
});

test("the alerts of Prometheus have the thresholds of the service's own", async () => {
  const { window_s, min_requests, ...thresholds } = (await ours.call("/api/v1/alerts")).json.rules;
  const { conflicts_per_key, ...shared } = thresholds;
  const failures = /let failures = \[(.*)\];/.exec(read("crates/edge/src/monitor/window.rs"))![1]!;
  const failed = failures.replaceAll("Outcome::", "").replaceAll(", ", "|").toLowerCase();

  const byRule = new Map(alerts.map((rule) => [rule.labels!.rule ?? "", rule]));
  byRule.delete("");
  expect([...byRule.keys()].sort()).toEqual(Object.keys(shared).sort());
  expect(conflicts_per_key).toBeGreaterThan(0);
  const threshold = (rule: string) => Number(/>=? ([\d.]+)/.exec(byRule.get(rule)!.expr)![1]);
  for (const [rule, value] of Object.entries(shared))
    expect(threshold(rule), rule).toBe(rule === "p99_ms" ? Number(value) / 1000 : value);
  for (const rule of ["failure_share", "mismatch_share", "p99_ms"])
    expect(byRule.get(rule)!.expr).toMatch(new RegExp(`and idempotency:\\w+:increase1m >= ${min_requests}$`));
  expect(byRule.get("stuck_keys")!.for).toBe(`${window_s / 60}m`);
  for (const { record, expr } of rules)
    for (const [, range] of expr.matchAll(/\[(\w+)\]/g)) expect(range, record).toBe(`${window_s / 60}m`);
  const [recorded] = rules.filter(({ record }) => record?.includes("failed"));
  const [panel] = shown.filter(({ title }) => title === "Failed");
  for (const { expr } of [recorded!, panel!]) expect(expr).toContain(`outcome=~"${failed}"`);
});

function promtool(...args: string[]): string {
  const found = spawnSync(read(".tools/promtool.path"), args, { cwd: ROOT, encoding: "utf8" });
  return `${found.stdout}${found.stderr}`;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

async function metricsOf({ address }: { address: URL }): Promise<string> {
  return (await fetch(new URL("/metrics", address))).text();
}

/** What Grafana makes of an expression, if nothing is chosen. */
function filled(expr: string): string {
  return expr.replaceAll("$__rate_interval", "1m").replaceAll(/\$(job|operation)/g, ".*");
}

/** A sample's series, as Prometheus names it. */
function series(sample: string): string {
  const [, name, labels] = /^(\w+)(?:\{(.*)\})? /.exec(sample)!;
  return `${name}{${[labels, 'job="edge-idempotency"'].filter(Boolean).join(",")}}`;
}

/** The service's metrics in an expression, also by way of what rules record. */
function metricsIn(expr: string, recorded: Map<string, string>): string[] {
  const names = [...withoutText(expr).matchAll(/idempotency[_:][\w:]+/g)].map(([name]) => name);
  return names.flatMap((name) => (recorded.has(name) ? metricsIn(recorded.get(name)!, recorded) : [name]));
}

/** None of one that does not exist. */
function labelsOf(metric: string): string[] {
  const found = samples.filter((sample) => /^\w+/.exec(sample)![0] === metric);
  expect(found, metric).not.toEqual([]);
  return found.flatMap((sample) => [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label!));
}

/** Those that an expression filters or groups by, and those of its legend. */
function labelsIn(expr: string, legend: string): string[] {
  const text = withoutText(expr);
  const filters = [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*""/g)];
  const groups = [...text.matchAll(/\b(?:by|without|on|ignoring) \(([^)]*)\)/g)];
  const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)];
  return [...filters, ...groups, ...named].flatMap(([, names]) =>
    names!.split(",").map((name) => name.trim()),
  );
}

function withoutText(expr: string): string {
  return expr.replaceAll(/"[^"]*"/g, '""');
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}
