/** What a person and a room may be called. */

export const NAME_LIMIT = 40;
export const ROOM_LIMIT = 60;
export const DEFAULT_ROOM = "lobby";

const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const cut = (text: string, limit: number): string => [...text].slice(0, limit).join("");

/** Clean a person's name; empty when nothing is left. */
export function cleanName(text: string): string {
  return cut(text.normalize("NFC").replace(/\s+/gu, " ").replace(INVISIBLE, "").trim(), NAME_LIMIT).trim();
}

/** Clean a room's name as people type it: `# General Talk` is `general-talk`. Empty when nothing is left. */
export function cleanRoom(text: string): string {
  const plain = text.normalize("NFC").trim().replace(/^#+/u, "").trim().toLowerCase();
  return cut(plain.replace(/\s+/gu, "-").replace(INVISIBLE, ""), ROOM_LIMIT);
}

/** Read a room from a link's fragment; empty when there is none. */
export function roomOfHash(hash: string): string {
  try {
    return cleanRoom(decodeURIComponent(hash.replace(/^#/, "")));
  } catch {
    return cleanRoom(hash);
  }
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
