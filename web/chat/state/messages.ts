/** The list of a room's messages: in order of (era, offset), each once. */

import type { Incoming, Message } from "./types";

/** A message is one person's under one id; what another kind of client sent has only its place. */
export function keyOf(message: Incoming, era: number): string {
  return message.id ? `m:${message.sender}:${message.id}` : `p:${era}:${message.offset}`;
}

const before = (a: Message, b: Message): boolean => a.era < b.era || (a.era === b.era && a.offset < b.offset);

/** Put messages where they belong. One that is there already, by place or by sender and id, is left out. */
export function insert(
  messages: readonly Message[],
  arrivals: readonly Incoming[],
  era: number,
): readonly Message[] {
  const keys = new Set(messages.map((message) => message.key));
  const places = new Set(messages.filter((m) => m.era === era && m.offset > 0).map((m) => m.offset));
  const fresh: Message[] = [];
  for (const arrival of arrivals) {
    const key = keyOf(arrival, era);
    if (keys.has(key) || places.has(arrival.offset)) continue;
    keys.add(key);
    if (arrival.offset > 0) places.add(arrival.offset);
    fresh.push({ ...arrival, era, key });
  }
  if (fresh.length === 0) return messages;
  const last = messages.at(-1);
  fresh.sort((a, b) => a.offset - b.offset);
  if (!last || before(last, fresh[0]!)) return [...messages, ...fresh];
  return merge(messages, fresh);
}

function merge(left: readonly Message[], right: readonly Message[]): readonly Message[] {
  const merged: Message[] = [];
  let next = 0;
  for (const message of left) {
    while (next < right.length && before(right[next]!, message)) merged.push(right[next++]!);
    merged.push(message);
  }
  return [...merged, ...right.slice(next)];
}
