/** What a person and a room may be called. */

export const NAME_LIMIT = 40;
export const ROOM_LIMIT = 60;
export const DEFAULT_ROOM = "lobby";

/** What cannot be seen, but for joiners. */
const INVISIBLE = /[^\P{C}\u200c\u200d]|[\p{Zl}\p{Zp}]/gu;
const JOINERS = /[\u200c\u200d]+/g;
const ASCII = 0x7f;

/** Cut a text, and keep joiners only where they join or part: Persian, Hindi and pictures of people need them. */
const cut = (text: string, limit: number): string => {
  const short = [...text.replace(INVISIBLE, "")].slice(0, limit).join("");
  return short.replace(JOINERS, (run, at: number) => {
    const joins = run.length === 1 && short.charCodeAt(at - 1) > ASCII && short.charCodeAt(at + 1) > ASCII;
    return joins ? run : "";
  });
};

/** Clean a person's name; empty when nothing is left. */
export function cleanName(text: string): string {
  return cut(text.normalize("NFC").replace(/\s+/gu, " ").trim(), NAME_LIMIT).trim();
}

/** Clean a room's name as people type it: `# General Talk` is `general-talk`. Empty when nothing is left. */
export function cleanRoom(text: string): string {
  const plain = text.normalize("NFC").trim().replace(/^#+/u, "").trim().toLowerCase();
  return cut(plain.replace(/\s+/gu, "-"), ROOM_LIMIT);
}

/** What the rooms of two begin with; their names follow, and nobody else may come in. */
const DIRECT = "dm#";
const SEPARATOR = ",";

/** Tell whether a room of two can be named after somebody. */
export const isAddressable = (name: string): boolean => name !== "" && !/[#,]/u.test(name);

/** The room of two. */
export const directRoom = (one: string, other: string): string => DIRECT + [one, other].sort().join(SEPARATOR);

/** The other one in a room of two; null for a room of all. */
export function peerOf(room: string, self: string): string | null {
  if (!room.startsWith(DIRECT)) return null;
  const names = room.slice(DIRECT.length).split(SEPARATOR);
  return names.find((name) => name !== self) ?? self;
}

/** Read a room from a link's fragment; empty when there is none. */
export function roomOfHash(hash: string): string {
  let name = hash;
  try {
    name = decodeURIComponent(hash.replace(/^#/, ""));
  } catch {
    // It is no link of ours; what it says is taken as it is.
  }
  return name.startsWith(DIRECT) ? name : cleanRoom(name);
}

export const hashOfRoom = (room: string): string => `#${encodeURIComponent(room)}`;

/** The first letter that a person is known by. */
export function initialOf(name: string): string {
  const shown = name.trim() || "?";
  // Firefox has the segmenter since 2024 only; before that an initial may lose its accents.
  const letters = "Segmenter" in Intl ? new Intl.Segmenter().segment(shown) : [...shown].map((segment) => ({ segment }));
  for (const { segment } of letters) return segment.toUpperCase();
  return "?";
}

export const HUES = 8;

/** One of HUES colours, always the same for the same name (FNV-1a). */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES;
}
