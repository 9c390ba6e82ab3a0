/** Find the web addresses in a text. The result is data; what is shown is always text. */

export interface Part {
  readonly text: string;
  /** An http or https address, or null for plain text. */
  readonly href: string | null;
}

/** Ends at white space, quotes, brackets and CJK punctuation, which people put right behind an address. */
const ADDRESS = /https?:\/\/[^\s<>"'`{}|\\^，。、；：！？（）【】《》「」『』“”‘’]+/giu;
const TRAILING = /[.,;:!?*_~]+$/u;

/** Split a text into plain parts and links; joined again they are the text. */
export function splitLinks(text: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = balanced(match[0].replace(TRAILING, ""));
    const href = safeAddress(shown);
    if (!href) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
    parts.push({ text: shown, href });
    end = match.index + shown.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

/** Leave out a closing bracket that was opened before the address: (see http://example.org). */
function balanced(address: string): string {
  const bare = /[)\]]$/u.test(address) ? address.slice(0, -1) : address;
  if (bare === address) return address;
  const [open, close] = address.endsWith(")") ? ["(", ")"] : ["[", "]"];
  const surplus = address.split(close!).length > address.split(open!).length;
  return surplus ? balanced(bare.replace(TRAILING, "")) : address;
}

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
