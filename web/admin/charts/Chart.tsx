import { useRef, useState } from "preact/hooks";
import { useWidth } from "../components/hooks";
import type { Point } from "../data/series";
import { STEP_MS } from "../data/series";
import { text } from "../i18n";
import { area, across, clockTicks, nearest, path, ticks, up, type Frame } from "./scale";

export interface Line {
  readonly name: string;
  /** Which of the page's eight colours it has. */
  readonly hue: number;
  readonly points: readonly Point[];
}

interface Props {
  readonly title: string;
  readonly hint: string;
  readonly lines: readonly Line[];
  readonly from: number;
  readonly to: number;
  /** Write a value, as `12 ms`. */
  readonly write: (value: number) => string;
  /** The least that the picture is high, so that noise does not look like news. */
  readonly least: number;
  readonly binary?: boolean;
}

const HEIGHT = 132;
const LEFT = 54;
const RIGHT = 12;
const TOP = 10;
const BELOW = 22;
/** Lines that get a name of their own below the picture. */
const NAMED = 6;

/** Values over time: lines on a quiet grid, and what they are where one points. */
export function Chart({ title, hint, lines, from, to, write, least, binary = false }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [at, setAt] = useState<number | null>(null);
  const values = lines.flatMap((line) => line.points.map((point) => point.value ?? 0));
  const most = Math.max(0, ...values);
  const steps = ticks(Math.max(most, least), binary);
  const frame: Frame = { from, to, most: steps.at(-1) ?? 1, width: Math.max(0, width - LEFT - RIGHT), height: HEIGHT };
  const newest = lines.map((line) => line.points.at(-1)?.value ?? null).filter((value) => value !== null);
  const label =
    newest.length > 0 ? text.chartNow(title, newest.map(write).join(", "), write(most)) : text.chartEmpty(title);

  const point = (event: PointerEvent & { readonly currentTarget: Element }): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT;
    setAt(x < -8 || x > frame.width + 8 ? null : from + (x / Math.max(1, frame.width)) * (to - from));
  };
  const pointed = at === null ? null : nearest(lines.flatMap((line) => line.points), at);

  return (
    <figure class="card chart">
      <figcaption>
        <h2>{title}</h2>
        <p class="hint">{hint}</p>
      </figcaption>
      <div class="chart-box" ref={box}>
        {width > 0 && (
          <svg
            role="img"
            aria-label={label}
            width={width}
            height={TOP + HEIGHT + BELOW}
            onPointerMove={point}
            onPointerDown={point}
            onPointerLeave={() => setAt(null)}
          >
            <g transform={`translate(${LEFT} ${TOP})`}>
              <Grid frame={frame} steps={steps} write={write} />
              {lines.length === 1 && <path class="chart-area" data-hue={lines[0]!.hue} d={area(lines[0]!.points, frame, 3 * STEP_MS)} />}
              {lines.map((line) => (
                <path key={line.name} class="chart-line" data-hue={line.hue} d={path(line.points, frame, 3 * STEP_MS)} />
              ))}
              {pointed && <Crosshair frame={frame} lines={lines} time={pointed.time} />}
            </g>
          </svg>
        )}
        {newest.length === 0 && width > 0 && <p class="chart-empty hint">{text.gathering}</p>}
      </div>
      <Legend lines={lines} time={pointed?.time ?? null} write={write} />
    </figure>
  );
}

function Grid({ frame, steps, write }: { frame: Frame; steps: readonly number[]; write: (value: number) => string }) {
  const times = clockTicks(frame.from, frame.to, Math.max(2, Math.floor(frame.width / 90)));
  return (
    <g class="chart-grid">
      {steps.map((step) => (
        <g key={step}>
          <line x1="0" x2={frame.width} y1={up(frame, step)} y2={up(frame, step)} />
          <text x="-10" y={up(frame, step)} dy="0.32em" text-anchor="end">
            {write(step)}
          </text>
        </g>
      ))}
      {times.filter((time) => across(frame, time) < frame.width - 12).map((time) => (
        <text key={time} x={across(frame, time)} y={frame.height + 17} text-anchor="middle">
          {clock(time, frame.to - frame.from < 240_000)}
        </text>
      ))}
    </g>
  );
}

function Crosshair({ frame, lines, time }: { frame: Frame; lines: readonly Line[]; time: number }) {
  const x = across(frame, time);
  return (
    <g class="chart-cross">
      <line x1={x} x2={x} y1="0" y2={frame.height} />
      {lines.map((line) => {
        const point = nearest(line.points, time);
        if (!point || point.value === null || Math.abs(point.time - time) > STEP_MS) return null;
        return <circle key={line.name} data-hue={line.hue} cx={across(frame, point.time)} cy={up(frame, point.value)} r="3.5" />;
      })}
    </g>
  );
}

/** What the lines are, with what they are now, or were where one points. */
function Legend({ lines, time, write }: { lines: readonly Line[]; time: number | null; write: (value: number) => string }) {
  const shown = lines.length > NAMED ? [...lines].sort((one, other) => latest(other) - latest(one)).slice(0, NAMED) : lines;
  return (
    <ul class="legend">
      {shown.map((line) => {
        const point = time === null ? (line.points.at(-1) ?? null) : nearest(line.points, time);
        const value = point?.value ?? null;
        return (
          <li key={line.name} data-hue={line.hue}>
            <span class="legend-name">{line.name}</span> <b>{value === null ? "–" : write(value)}</b>
          </li>
        );
      })}
      {lines.length > NAMED && <li class="legend-more">+ {lines.length - NAMED}</li>}
      <li class="legend-time">{time === null ? text.now : clock(time, true)}</li>
    </ul>
  );
}

const latest = (line: Line): number => line.points.at(-1)?.value ?? 0;

function clock(time: number, seconds: boolean): string {
  return new Intl.DateTimeFormat(text.locale, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" as const } : {}),
  }).format(time);
}

/** A line without words, for a tile or a row. */
export function Spark({ points, hue }: { points: readonly Point[]; hue: number }) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) return <svg class="spark" aria-hidden="true" viewBox="0 0 100 24" />;
  const most = Math.max(1e-9, ...points.map((point) => point.value ?? 0));
  const frame: Frame = { from: first.time, to: last.time, most, width: 100, height: 22 };
  return (
    <svg class="spark" aria-hidden="true" viewBox="0 -1 100 24" preserveAspectRatio="none" data-hue={hue}>
      <path class="chart-area" d={area(points, frame, 3 * STEP_MS)} />
      <path class="chart-line" d={path(points, frame, 3 * STEP_MS)} />
    </svg>
  );
}
