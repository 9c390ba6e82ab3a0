/** The nodes' samples as lines to draw. */

import type { Info, Trend, Trends } from "./types";

export type Column = Exclude<keyof Trend, "time">;

export interface Point {
  readonly time: number;
  readonly value: number | null;
}

/** Milliseconds between two samples of a node; nodes take them at times of their own. */
export const STEP_MS = 5_000;

/** Milliseconds that the server remembers. */
export const KEPT_MS = 240 * STEP_MS;

const COLUMNS: readonly (keyof Trend)[] = [
  "time",
  "messages_in",
  "messages_out",
  "lag_ms",
  "latency_ms",
  "cpu",
  "rss",
  "num_clients",
  "num_subs",
];

/** Put what came since behind what was known, without what is too old. */
export function continued(known: Trends, later: Trends): Trends {
  const last = lastTime(later) || lastTime(known);
  const nodes: Record<string, Trend> = {};
  for (const node of new Set([...Object.keys(known.nodes), ...Object.keys(later.nodes)])) {
    const trend = joined(known.nodes[node], later.nodes[node], last - KEPT_MS);
    if (trend.time.length > 0) nodes[node] = trend;
  }
  return { nodes };
}

/** Return the time of the newest sample; 0 without any. */
export const lastTime = (trends: Trends): number =>
  Math.max(0, ...Object.values(trends.nodes).map((trend) => trend.time.at(-1) ?? 0));

/** Return from when on every node has been heard: what is asked for next. */
export const heardTime = (trends: Trends): number => {
  const newest = lastTime(trends);
  // A node that is gone must not have everything sent again.
  const living = Object.values(trends.nodes).map((trend) => trend.time.at(-1) ?? 0);
  return Math.min(newest, ...living.filter((time) => newest - time < 6 * STEP_MS));
};

function joined(known: Trend | undefined, later: Trend | undefined, from: number): Trend {
  const seen = known?.time.at(-1) ?? 0;
  const old = known?.time.map((time) => time > from) ?? [];
  const fresh = later?.time.map((time) => time > Math.max(seen, from)) ?? [];
  const column = (name: keyof Trend): readonly (number | null)[] => [
    ...(known?.[name] ?? []).filter((_, at) => old[at]),
    ...(later?.[name] ?? []).filter((_, at) => fresh[at]),
  ];
  return Object.fromEntries(COLUMNS.map((name) => [name, column(name)])) as unknown as Trend;
}

/** One node's line. */
export function line(trend: Trend, column: Column): readonly Point[] {
  return trend.time.map((time, at) => ({ time, value: trend[column][at] ?? null }));
}

/** The sum of all nodes, by steps; the last step is left out while a node has not told its part. */
export function total(trends: Trends, column: Column): readonly Point[] {
  const sums = new Map<number, { value: number; nodes: number }>();
  for (const trend of Object.values(trends.nodes)) {
    trend.time.forEach((time, at) => {
      const step = Math.floor(time / STEP_MS);
      const sum = sums.get(step) ?? { value: 0, nodes: 0 };
      sums.set(step, { value: sum.value + (trend[column][at] ?? 0), nodes: sum.nodes + 1 });
    });
  }
  const steps = [...sums].sort(([one], [other]) => one - other);
  const [last, before] = [steps.at(-1), steps.at(-2)];
  if (last && before && last[1].nodes < before[1].nodes) steps.pop();
  return steps.map(([step, sum]) => ({ time: step * STEP_MS, value: sum.value }));
}

/** The nodes as they are shown: by their workers' numbers. */
export const inOrder = (info: Info): Info["nodes"] =>
  [...info.nodes].sort((one, other) => one.worker - other.worker || (one.uid < other.uid ? -1 : 1));
