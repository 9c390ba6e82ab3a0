import { describe, expect, it } from "vitest";
import { continued, heardTime, KEPT_MS, line, STEP_MS, total } from "./series";
import type { Trend, Trends } from "./types";

const trend = (times: readonly number[], rate = 1): Trend => {
  const column = times.map(() => rate);
  return {
    time: times,
    messages_in: times.map((time) => time / STEP_MS),
    messages_out: column,
    lag_ms: column,
    latency_ms: column.map(() => null),
    cpu: column,
    rss: column,
    num_clients: column,
    num_subs: column,
  };
};
const trends = (nodes: Record<string, Trend>): Trends => ({ nodes });
const steps = (...numbers: number[]): number[] => numbers.map((number) => number * STEP_MS);

describe("what came since", () => {
  it("is put behind what was known, once", () => {
    const known = trends({ a: trend(steps(1, 2, 3)) });
    const later = trends({ a: trend(steps(3, 4)), b: trend(steps(4)) });
    const both = continued(known, later);
    expect(both.nodes["a"]?.time).toEqual(steps(1, 2, 3, 4));
    expect(both.nodes["a"]?.messages_in).toEqual([1, 2, 3, 4]);
    expect(both.nodes["b"]?.time).toEqual(steps(4));
  });

  it("makes what is too old go, and nodes of which nothing is left", () => {
    const known = trends({ a: trend([0, KEPT_MS]), gone: trend([0]) });
    const both = continued(known, trends({ a: trend([KEPT_MS + 1]) }));
    expect(Object.keys(both.nodes)).toEqual(["a"]);
    expect(both.nodes["a"]?.time).toEqual([KEPT_MS, KEPT_MS + 1]);
  });

  it("is asked for from the node that was heard least, but for one that is gone", () => {
    expect(heardTime(trends({}))).toBe(0);
    expect(heardTime(trends({ a: trend(steps(8)), b: trend(steps(7)) }))).toBe(7 * STEP_MS);
    expect(heardTime(trends({ a: trend(steps(80)), b: trend(steps(7)) }))).toBe(80 * STEP_MS);
  });
});

describe("lines", () => {
  it("show where nothing is known", () => {
    expect(line(trend([5]), "latency_ms")).toEqual([{ time: 5, value: null }]);
  });

  it("add up nodes by steps, without a last one that lacks a node", () => {
    const two = trends({ a: trend([10_100, 15_100, 20_100]), b: trend([12_900, 17_900]) });
    expect(total(two, "rss")).toEqual([
      { time: 10_000, value: 2 },
      { time: 15_000, value: 2 },
    ]);
    expect(total(trends({}), "rss")).toEqual([]);
  });
});
