/** What is said about messages, folded: edits, deletions, reactions. The last word in the log counts. */

import type { Aside, Message, Notes } from "./types";

const NONE: Notes = { text: null, editedAt: 0, deleted: false, reactions: new Map() };
const BORDER = "\u0000";

export const placeOf = (era: number, offset: number): string => `${era}:${offset}`;

/** Add asides, in whatever order they come: pages of history are read backwards. */
export function annotate(
  notes: ReadonlyMap<string, Notes>,
  asides: readonly Aside[],
  era: number,
): ReadonlyMap<string, Notes> {
  if (asides.length === 0) return notes;
  const next = new Map(notes);
  for (const aside of asides) {
    const place = placeOf(era, aside.about);
    next.set(place, folded(next.get(place) ?? NONE, aside));
  }
  return next;
}

function folded(notes: Notes, aside: Aside): Notes {
  if (notes.deleted) return notes;
  if (aside.kind === "delete") return { ...NONE, deleted: true };
  if (aside.kind === "edit") {
    return aside.offset > notes.editedAt ? { ...notes, text: aside.text, editedAt: aside.offset } : notes;
  }
  const who = aside.sender || `${BORDER}${aside.client}`;
  const key = `${aside.reaction}${BORDER}${who}`;
  const known = notes.reactions.get(key);
  if (known && known.offset >= aside.offset) return notes;
  const word = { offset: aside.offset, removed: aside.removed };
  return { ...notes, reactions: new Map(notes.reactions).set(key, word) };
}

/** Forget what deleted messages said. */
export function forgotten(messages: readonly Message[], asides: readonly Aside[], era: number): readonly Message[] {
  const gone = new Set(asides.filter(({ kind }) => kind === "delete").map(({ about }) => about));
  if (gone.size === 0) return messages;
  return messages.map((each) => (each.era === era && gone.has(each.offset) ? { ...each, text: "" } : each));
}

export interface Reaction {
  readonly reaction: string;
  readonly users: readonly string[];
}

const NO_REACTIONS: readonly Reaction[] = [];

/** The reactions that stand, in the order in which they first came. */
export function reactionsOf(notes: Notes | undefined): readonly Reaction[] {
  if (!notes || notes.deleted || notes.reactions.size === 0) return NO_REACTIONS;
  const standing = new Map<string, string[]>();
  for (const [key, word] of [...notes.reactions].sort(([, one], [, other]) => one.offset - other.offset)) {
    if (word.removed) continue;
    const [reaction = "", user = ""] = key.split(BORDER);
    standing.set(reaction, [...(standing.get(reaction) ?? []), user]);
  }
  return [...standing].map(([reaction, users]) => ({ reaction, users }));
}
