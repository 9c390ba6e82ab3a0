import { describe, expect, it } from "vitest";
import { area, clockTicks, nearest, path, ticks, type Frame } from "./scale";

const MIB = 1024 * 1024;
const frame: Frame = { from: 0, to: 100, most: 10, width: 200, height: 50 };

describe("steps", () => {
  it("are round, begin at nothing and reach the most", () => {
    expect(ticks(10)).toEqual([0, 5, 10]);
    expect(ticks(430)).toEqual([0, 200, 400, 600]);
    expect(ticks(0.3)).toEqual([0, 0.1, 0.2, 0.30000000000000004]);
    expect(ticks(200 * MIB, true)).toEqual([0, 100 * MIB, 200 * MIB]);
    for (const most of [0, 1e-9, 1, 7, 99, 1e6, 3e9]) {
      const steps = ticks(most);
      expect(steps.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
      expect(steps.length).toBeLessThanOrEqual(5);
    }
  });

  it("of time are times on the clock", () => {
    expect(clockTicks(10_000, 130_000, 4)).toEqual([30_000, 60_000, 90_000, 120_000]);
    expect(clockTicks(0, 1_200_000, 4)).toEqual([0, 300_000, 600_000, 900_000, 1_200_000].filter((_, at) => at < 5));
    expect(clockTicks(1, 2, 4)).toEqual([]);
  });
});

describe("paths", () => {
  const points = [
    { time: 0, value: 0 },
    { time: 10, value: 5 },
    { time: 15, value: null },
    { time: 50, value: 20 },
  ];

  it("go through the points, and are broken where they are far apart", () => {
    expect(path(points, frame, 100)).toBe("M0,50L20,25L100,0");
    expect(path(points, frame, 20)).toBe("M0,50L20,25M100,0");
    expect(path([], frame, 20)).toBe("");
  });

  it("are closed along the ground, piece by piece", () => {
    expect(area(points, frame, 20)).toBe("M0,50L0,50L20,25L20,50Z");
  });
});

it("finds the nearest point", () => {
  const points = [
    { time: 0, value: 1 },
    { time: 10, value: 2 },
  ];
  expect(nearest(points, 6)).toBe(points[1]);
  expect(nearest([], 6)).toBeNull();
});
