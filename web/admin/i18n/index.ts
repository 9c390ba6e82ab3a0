/** The page's language: the first of the browser's languages that there is a table for. */

import { en, type Text } from "./en";
import { zh } from "./zh";

export type { Text } from "./en";

/** Pick the table; English where none fits. Numbers and times are written as in the reader's own country. */
export function chooseText(languages: readonly string[]): Text {
  for (const language of languages) {
    const primary = language.toLowerCase().split("-")[0];
    if (primary === "zh") return zh;
    if (primary === "en") return { ...en, locale: language };
  }
  return en;
}

const offered = (): readonly string[] => {
  if (typeof navigator === "undefined") return [];
  return navigator.languages?.length ? navigator.languages : [navigator.language];
};

export const text: Text = chooseText(offered());
