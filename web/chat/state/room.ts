/** One room: what was said, who is there, what is missing. Pure: (room, event) -> room. */

import { insert } from "./messages";
import type { PageKind, Subscribed } from "./actions";
import { NOBODY, clientJoined, clientLeft, hasUser, isReturning } from "./presence";
import { annotate, forgotten } from "./asides";
import type { Aside, Gap, Incoming, Notice, ReadMark, Room } from "./types";

/** A page keeps at most KEEP + SLACK messages of a room; older ones are loaded again on scrolling up. */
export const KEEP = 1000;
export const SLACK = 250;
/** Notices kept of a room. */
export const NOTICE_LIMIT = 200;
/** Who leaves and is back within this time (a reload, a tunnel) is not worth two lines. */
export const BLINK_MS = 15_000;

export function newRoom(name: string, mark?: ReadMark): Room {
  return {
    name,
    membership: "joining",
    refusal: "",
    epoch: mark?.epoch ?? "",
    era: 0,
    top: 0,
    floor: 0,
    read: mark?.offset ?? -1,
    messages: [],
    notices: [],
    gaps: [],
    divider: null,
    history: "unloaded",
    complete: false,
    presence: NOBODY,
    notes: new Map(),
    silent: 0,
    typing: new Map(),
    receipts: new Map(),
    seen: new Map(),
  };
}

/** Messages that were not read yet. */
export const unreadOf = (room: Room): number =>
  room.membership === "joined" && room.read >= 0 ? Math.max(0, room.top - room.read - room.silent) : 0;

/** Mark everything known as read. */
export const markRead = (room: Room): Room => (room.read === room.top ? room : { ...room, read: room.top, silent: 0 });

/**
 * Take the server's word where the room stands. A log that began anew starts a new era; what could not be
 * recovered leaves a gap behind the newest message that is here.
 */
export function subscribed(room: Room, how: Subscribed): Room {
  const joined: Room = { ...room, membership: "joined", refusal: "", epoch: how.epoch };
  const fresh = room.epoch !== "" && room.epoch !== how.epoch;
  if (fresh) return newEra(joined, how.offset);
  const top = Math.max(room.top, how.offset);
  const read = room.read < 0 ? top : room.read;
  const unread = { era: room.era, after: read, cause: "unread" as const };
  if (!how.wasRecovering) return { ...joined, top, read, divider: room.divider ?? (top > read ? unread : null) };
  if (how.recovered) {
    const divider = how.missed && !room.divider ? missedBehind(room) : room.divider;
    return { ...joined, top, read, divider };
  }
  return { ...withGap(joined, room.top), top, read, history: reload(room) };
}

const missedBehind = (room: Room) => ({ era: room.era, after: room.top, cause: "missed" as const });

/** A room whose history was never shown needs none now. */
const reload = (room: Room) => (room.messages.length > 0 ? ("unloaded" as const) : room.history);

function newEra(room: Room, top: number): Room {
  const known = room.messages.length > 0;
  const era = room.era + 1;
  const gaps = known ? [...closed(room.gaps), gap(era, 0, "lost")] : [];
  const history = reload(room);
  return { ...room, era, top, floor: 0, read: 0, silent: 0, receipts: new Map(), gaps, history, complete: false, divider: null };
}

const closed = (gaps: readonly Gap[]): Gap[] => gaps.map((each) => ({ ...each, state: "lost" }));

const gap = (era: number, after: number, state: Gap["state"]): Gap => ({
  key: `gap:${era}:${after}`,
  era,
  after,
  before: null,
  state,
});

function withGap(room: Room, after: number): Room {
  if (room.messages.length === 0 || room.gaps.some((g) => g.era === room.era && g.after === after)) return room;
  return { ...room, gaps: [...room.gaps, gap(room.era, after, "open")] };
}

/** Add a live message. */
export function received(room: Room, message: Incoming, self = ""): Room {
  const own = message.sender !== "" && message.sender === self && message.offset > room.top;
  const silent = room.silent + (own ? 1 : 0);
  const typing = without(room.typing, message.sender);
  const grown = insert(room.messages, [message], room.era);
  const top = Math.max(room.top, message.offset);
  const floor = room.floor === 0 ? message.offset : Math.min(room.floor, message.offset);
  return trimmed({ ...room, messages: grown, top, floor, silent, typing });
}

const without = (typing: Room["typing"], user: string): Room["typing"] =>
  typing.has(user) ? new Map([...typing].filter(([each]) => each !== user)) : typing;

/** Take what was said about messages; it has places of its own in the log, and is never unread. */
export function annotated(room: Room, asides: readonly Aside[]): Room {
  if (asides.length === 0) return room;
  const high = asides.reduce((max, aside) => Math.max(max, aside.offset), room.top);
  const low = asides.reduce((min, aside) => Math.min(min, aside.offset), room.floor || Infinity);
  const fresh = asides.filter((aside) => aside.offset > room.top).length;
  const messages = forgotten(room.messages, asides, room.era);
  const notes = annotate(room.notes, asides, room.era);
  const typing = asides.reduce((left, aside) => without(left, aside.sender), room.typing);
  return { ...room, messages, notes, typing, top: high, floor: low, silent: room.silent + fresh };
}

/** Note until when somebody counts as writing; 0 is no longer. */
export function typed(room: Room, user: string, until: number): Room {
  return { ...room, typing: until > 0 ? new Map(room.typing).set(user, until) : without(room.typing, user) };
}

/** Note how far somebody has got: on another device it may have been oneself. */
export function marked(
  room: Room,
  self: string,
  mark: { readonly user: string; readonly kind: "received" | "read"; readonly upto: number },
): Room {
  const known = room.receipts.get(mark.user) ?? { read: 0, received: 0 };
  const read = mark.kind === "read" ? Math.max(known.read, mark.upto) : known.read;
  const received = Math.max(known.received, mark.upto, read);
  const next: Room = { ...room, receipts: new Map(room.receipts).set(mark.user, { read, received }) };
  if (mark.user !== self || read <= room.read) return next;
  return { ...next, read, silent: Math.min(room.silent, Math.max(0, room.top - read)) };
}

/** Take the server's count of what is unread up to an offset. */
export function counted(
  room: Room,
  count: { readonly unread: number; readonly read: number; readonly offset: number },
): Room {
  if (count.read < room.read || count.offset < room.top) return room;
  const silent = Math.max(0, count.offset - count.read - count.unread);
  const divider = count.unread > 0 && !room.divider ? { era: room.era, after: count.read, cause: "unread" as const } : room.divider;
  return { ...room, read: count.read, silent, divider };
}

function trimmed(room: Room): Room {
  if (room.messages.length <= KEEP + SLACK) return room;
  const messages = room.messages.slice(-KEEP);
  const first = messages[0]!;
  const behind = (mark: { era: number; after: number }): boolean =>
    mark.era > first.era || (mark.era === first.era && mark.after >= first.offset);
  const current = first.era === room.era;
  return {
    ...room,
    messages,
    notices: room.notices.filter(behind),
    gaps: room.gaps.filter(behind),
    floor: current ? first.offset : room.floor,
    complete: current ? false : room.complete,
  };
}

/** Note that a page is under way. */
export function pageRequested(room: Room, page: PageKind): Room {
  if (typeof page === "object") return { ...room, gaps: setGap(room.gaps, page.gap, "loading") };
  return { ...room, history: "loading" };
}

export function pageFailed(room: Room, page: PageKind): Room {
  if (typeof page === "object") return { ...room, gaps: setGap(room.gaps, page.gap, "open") };
  return { ...room, history: "failed" };
}

const setGap = (gaps: readonly Gap[], key: string, state: Gap["state"]): Gap[] =>
  gaps.map((each) => (each.key === key ? { ...each, state } : each));

/**
 * Take a page of history. `short` tells that it held less than was asked for: the server has nothing older.
 * A page of another epoch than the room's is stale, since a new subscription asks again by itself.
 */
export function pageLoaded(
  room: Room,
  page: PageKind,
  epoch: string,
  arrivals: readonly Incoming[],
  short: boolean,
  asides: readonly Aside[] = [],
): Room {
  if (room.epoch !== epoch) return pageFailed(room, page);
  const messages = forgotten(insert(room.messages, arrivals, room.era), asides, room.era);
  const offsets = [...arrivals, ...asides].map((each) => each.offset);
  const low = offsets.reduce((min, offset) => Math.min(min, offset), Infinity);
  const high = offsets.reduce((max, offset) => Math.max(max, offset), 0);
  const notes = annotate(room.notes, asides, room.era);
  const loaded: Room = { ...room, messages, notes, top: Math.max(room.top, high) };
  if (typeof page === "object") return { ...loaded, gaps: narrow(room, page.gap, low, short) };
  const floor = room.floor === 0 ? low : Math.min(room.floor, low);
  const open = room.gaps.find((each) => each.era === room.era && each.state !== "lost");
  const gaps = page === "latest" && open ? narrow(room, open.key, low, short) : room.gaps;
  const joinsOlder = page === "older" || !open;
  const complete = joinsOlder ? room.complete || short || floor <= 1 : room.complete;
  return { ...loaded, gaps, floor: Number.isFinite(floor) ? floor : 0, complete, history: "ready" };
}

/** Move a gap's upper edge down to `low`; it is gone when the edges meet, lost when there is no more. */
function narrow(room: Room, key: string, low: number, short: boolean): Gap[] {
  return room.gaps.flatMap((each) => {
    if (each.key !== key) return [each];
    const before = Math.min(low, each.before ?? lowestBehind(room, each));
    if (before <= each.after + 1) return [];
    if (!Number.isFinite(before)) return [{ ...each, state: "lost" as const }];
    return [{ ...each, before, state: short ? ("lost" as const) : ("open" as const) }];
  });
}

const lowestBehind = (room: Room, g: Gap): number =>
  room.messages.find((m) => m.era === g.era && m.offset > g.after)?.offset ?? Infinity;

/** Somebody's connection joined: a notice, unless the user was here already or only blinked. */
export function joined(room: Room, self: string, client: string, user: string, now: number): Room {
  const present = hasUser(room.presence, user);
  const next: Room = { ...room, presence: clientJoined(room.presence, client, user) };
  if (present || user === self || user === "") return next;
  if (isReturning(room.presence, user, now)) return next;
  const last = room.notices.at(-1);
  const blinked =
    last?.kind === "left" && last.users.includes(user) && last.after === room.top && now - last.time < BLINK_MS;
  if (blinked) return { ...next, notices: withdraw(room.notices, user) };
  return { ...next, notices: noted(room, "joined", user, now) };
}

/** Somebody's connection left: a notice when it was the user's last one. */
export function left(room: Room, self: string, client: string, user: string, now: number): Room {
  const present = hasUser(room.presence, user);
  const next: Room = { ...room, presence: clientLeft(room.presence, client) };
  if (!present || hasUser(next.presence, user) || user === self || user === "") return next;
  return { ...next, notices: noted(room, "left", user, now) };
}

/** Users of one kind that come one after another share a line. */
function noted(room: Room, kind: Notice["kind"], user: string, now: number): readonly Notice[] {
  const last = room.notices.at(-1);
  if (last && last.kind === kind && last.era === room.era && last.after === room.top) {
    const users = last.users.includes(user) ? last.users : [...last.users, user];
    return [...room.notices.slice(0, -1), { ...last, users, time: now }];
  }
  const key = `n:${kind}:${now}:${user}`;
  const notice: Notice = { key, kind, users: [user], time: now, era: room.era, after: room.top };
  return [...room.notices, notice].slice(-NOTICE_LIMIT);
}

function withdraw(notices: readonly Notice[], user: string): readonly Notice[] {
  const last = notices.at(-1)!;
  const users = last.users.filter((each) => each !== user);
  return users.length > 0 ? [...notices.slice(0, -1), { ...last, users }] : notices.slice(0, -1);
}
