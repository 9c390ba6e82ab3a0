/** The page reads a chat as the server's tests do: `tests/hub/folding_vectors.py` makes the cases. */

import { describe, expect, it } from "vitest";
import cases from "./folding.json";
import { placeOf, reactionsOf } from "./asides";
import { readSaid, type RawPublication } from "./incoming";
import { annotated, newRoom, pageLoaded, received } from "./room";
import type { Aside, Incoming, Room } from "./types";

type Reads = Record<string, { text: string | null; reactions: string[][] }>;

const joined: Room = { ...newRoom("room"), epoch: "e" };

function live(room: Room, publications: readonly RawPublication[]): Room {
  return publications.reduce((next, raw) => {
    const { message, aside } = readSaid(raw);
    const grown = message ? received(next, message) : next;
    return aside ? annotated(grown, [aside]) : grown;
  }, room);
}

/** Scroll up: pages of history, read backwards. */
function scrolled(room: Room, publications: readonly RawPublication[], size: number): Room {
  let next = room;
  for (let end = publications.length; end > 0; end -= size) {
    const said = publications.slice(Math.max(0, end - size), end).map(readSaid);
    const messages = said.flatMap(({ message }): Incoming[] => (message ? [message] : []));
    const asides = said.flatMap(({ aside }): Aside[] => (aside ? [aside] : []));
    next = pageLoaded(next, "older", "e", messages, end <= size, asides);
  }
  return next;
}

function read(room: Room): Reads {
  return Object.fromEntries(
    room.messages.map((message) => {
      const notes = room.notes.get(placeOf(message.era, message.offset));
      const text = notes?.deleted ? null : (notes?.text ?? message.text);
      const reactions = reactionsOf(notes).flatMap(({ reaction, users }) => users.map((user) => [user, reaction]));
      return [String(message.offset), { text, reactions: reactions.sort() }];
    }),
  );
}

/** The page shows no name for those who have none. */
const named = (reads: Reads): Reads =>
  Object.fromEntries(
    Object.entries(reads).map(([offset, { text, reactions }]) => [
      offset,
      { text, reactions: reactions.map(([who = "", word = ""]) => [who.startsWith("-") ? "" : who, word]).sort() },
    ]),
  );

describe.each(Object.entries(cases))("%s", (_, chat) => {
  const wanted = named(chat.reads as unknown as Reads);
  const said: readonly RawPublication[] = chat.live;
  const history: readonly RawPublication[] = chat.history;

  it("is read as it happens", () => {
    expect(read(live(joined, said))).toEqual(wanted);
  });

  it("leaves nothing of what was deleted", () => {
    const room = live(joined, said);
    const memory = JSON.stringify([room.messages, [...room.notes.values()]]);
    for (const { offset, data, tags } of said) {
      const about = tags?.["kind"] === "edit" ? tags["about"] : offset;
      const text = (data as { text?: string } | null)?.text;
      if (text && wanted[String(about)]?.text === null) expect(memory).not.toContain(JSON.stringify(text));
    }
  });

  it.each([1, 3, 100])("is read backwards, in pages of %i", (size) => {
    expect(read(scrolled(joined, history, size))).toEqual(wanted);
  });

  it("is read by who comes in the middle of it", () => {
    for (let middle = 0; middle <= said.length; middle += 1) {
      const later = live(joined, said.slice(middle));
      expect(read(scrolled(later, history.slice(0, middle), 3))).toEqual(wanted);
    }
  });
});
