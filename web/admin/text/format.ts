/** Numbers as people read them. */

const formats = new Map<string, Intl.NumberFormat>();

function format(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  formats.set(key, known);
  return known;
}

/** A count: whole up to 9,999, short above. */
export function count(value: number, locale: string): string {
  const short = value >= 10_000;
  return format(locale, short ? { notation: "compact", maximumFractionDigits: 1 } : { maximumFractionDigits: 0 }).format(
    value,
  );
}

/** A rate, with a digit behind the point where it is small. */
export function rate(value: number, locale: string): string {
  if (value >= 100) return count(Math.round(value), locale);
  return format(locale, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** Milliseconds, with as many digits as say something. */
export function millis(value: number, locale: string): string {
  if (value >= 1000) return `${format(locale, { maximumFractionDigits: 1 }).format(value / 1000)} s`;
  const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
  return `${format(locale, { maximumFractionDigits: digits }).format(value)} ms`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes in the unit that fits. */
export function bytes(value: number, locale: string): string {
  let [left, unit] = [value, 0];
  while (left >= 1024 && unit < UNITS.length - 1) [left, unit] = [left / 1024, unit + 1];
  return `${format(locale, { maximumFractionDigits: left < 10 && unit > 0 ? 1 : 0 }).format(left)} ${UNITS[unit]}`;
}

export interface Spans {
  readonly seconds: (n: number) => string;
  readonly minutes: (n: number) => string;
  readonly hours: (n: number) => string;
  readonly days: (n: number) => string;
}

/** Seconds in the largest unit that fits, and the one below. */
export function duration(seconds: number, words: Spans): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return words.seconds(whole);
  if (whole < 3600) return words.minutes(Math.floor(whole / 60));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours < 24) return minutes ? `${words.hours(hours)} ${words.minutes(minutes)}` : words.hours(hours);
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  return rest ? `${words.days(days)} ${words.hours(rest)}` : words.days(days);
}
