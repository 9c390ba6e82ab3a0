/** Days and times as the reader's language writes them. */

import type { Text } from "../i18n";

const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0);

const DAY_MS = 86_400_000;

/** Name a day: today, yesterday, a weekday within the last week, or a date. */
export function dayLabel(time: number, now: number, words: Pick<Text, "locale" | "today" | "yesterday">): string {
  const days = Math.round((startOfDay(now) - startOfDay(time)) / DAY_MS);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  const date = new Date(time);
  if (days > 1 && days < 7) return format(words.locale, { weekday: "long" }).format(date);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? {} : { year: "numeric" as const };
  return format(words.locale, { weekday: "short", day: "numeric", month: "long", ...year }).format(date);
}

/** Hours and minutes. */
export const clockLabel = (time: number, locale: string): string =>
  format(locale, { hour: "2-digit", minute: "2-digit" }).format(new Date(time));

/** The whole moment, for those who want to know. */
export const momentLabel = (time: number, locale: string): string =>
  format(locale, { dateStyle: "full", timeStyle: "medium" }).format(new Date(time));

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format is slow, using it is not. */
function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
}
