/** From values to places in a picture. */

import type { Point } from "../data/series";

/** Round steps that lead from 0 to at least `most`, about three of them. */
export function ticks(most: number, binary = false): readonly number[] {
  const step = roundStep((most || 1) / 3, binary);
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, number) => number * step);
}

function roundStep(rough: number, binary: boolean): number {
  const unit = binary ? 1024 ** Math.floor(Math.log(Math.max(rough, 1)) / Math.log(1024)) : 1;
  const size = 10 ** Math.floor(Math.log10(rough / unit));
  const factor = [1, 2, 5, 10].find((each) => each * size * unit >= rough * (1 - 1e-9)) ?? 10;
  return factor * size * unit;
}

/** Steps of time that are read without thinking, in milliseconds. */
const CLOCK_STEPS = [15, 30, 60, 120, 300, 600].map((seconds) => seconds * 1000);

/** Times on the clock between `from` and `to`, at most `most` of them. */
export function clockTicks(from: number, to: number, most: number): readonly number[] {
  const step = CLOCK_STEPS.find((each) => (to - from) / each <= most) ?? 1_200_000;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, number) => first + number * step);
}

export interface Frame {
  readonly from: number;
  readonly to: number;
  readonly most: number;
  readonly width: number;
  readonly height: number;
}

export const across = (frame: Frame, time: number): number =>
  ((time - frame.from) / Math.max(1, frame.to - frame.from)) * frame.width;

export const up = (frame: Frame, value: number): number =>
  frame.height - (Math.min(value, frame.most) / (frame.most || 1)) * frame.height;

/** A path through the points; it is broken where nothing is known, and where samples are far apart. */
export function path(points: readonly Point[], frame: Frame, gap: number): string {
  let drawn = "";
  let before = -Infinity;
  for (const { time, value } of points) {
    if (value === null) continue;
    const at = `${round(across(frame, time))},${round(up(frame, value))}`;
    drawn += time - before > gap ? `M${at}` : `L${at}`;
    before = time;
  }
  return drawn;
}

/** The same closed along the ground, to be filled. */
export function area(points: readonly Point[], frame: Frame, gap: number): string {
  return path(points, frame, gap)
    .split("M")
    .filter((piece) => piece.includes("L"))
    .map((piece) => {
      const places = piece.split("L");
      const [first, last] = [places[0]!.split(",")[0], places.at(-1)!.split(",")[0]];
      return `M${first},${frame.height}L${piece}L${last},${frame.height}Z`;
    })
    .join("");
}

/** The point nearest to a time; null where none is. */
export function nearest(points: readonly Point[], time: number): Point | null {
  let found: Point | null = null;
  for (const point of points) {
    if (!found || Math.abs(point.time - time) < Math.abs(found.time - time)) found = point;
  }
  return found;
}

const round = (value: number): number => Math.round(value * 10) / 10;
