/** Find the web addresses in a text. The result is data; what is shown is always text. */

export interface Part {
  readonly text: string;
  /** An http or https address, or null for plain text. */
  readonly href: string | null;
}

/** Ends at white space, quotes, brackets and CJK punctuation, which people put right behind an address. */
const ADDRESS = /https?:\/\/[^\s<>"'`{}|\\^，。、；：！？（）【】《》「」『』“”‘’]+/giu;
const PUNCTUATION = ".,;:!?*_~";

/** Split a text into plain parts and links; joined again they are the text. */
export function splitLinks(text: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = trimmed(match[0]);
    const href = safeAddress(shown);
    if (!href) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
    parts.push({ text: shown, href });
    end = match.index + shown.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

/** Leave out what the sentence puts behind an address: its marks, and brackets that it opened before: (see http://example.org). */
function trimmed(address: string): string {
  const surplus = new Map([
    [")", count(address, ")") - count(address, "(")],
    ["]", count(address, "]") - count(address, "[")],
  ]);
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1]!;
    const left = surplus.get(last);
    if (left === undefined ? !PUNCTUATION.includes(last) : left <= 0) break;
    if (left !== undefined) surplus.set(last, left - 1);
  }
  return address.slice(0, end);
}

const count = (text: string, letter: string): number => text.split(letter).length - 1;

function safeAddress(address: string): string | null {
  const url = parse(address);
  return url && (url.protocol === "http:" || url.protocol === "https:") && url.hostname ? url.href : null;
}

function parse(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
