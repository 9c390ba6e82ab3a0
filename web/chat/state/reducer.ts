/** (state, action) -> state. No clock, no DOM, no network. */

import type { Action } from "./actions";
import { forgetAcked, interrupted, outboxReducer, settled } from "./outbox";
import * as presence from "./presence";
import * as rooms from "./room";
import type { ConnectionState, Incoming, Outgoing, Room, State } from "./types";

const OFFLINE: ConnectionState = {
  phase: "idle",
  nextTryAt: null,
  troubled: false,
  reason: "",
  restored: 0,
};

export function initialState(user: string, outbox: readonly Outgoing[]): State {
  const flash = { text: "", number: 0 };
  return { user, active: "", rooms: [], outbox: interrupted(outbox), connection: OFFLINE, flash };
}

export const roomOf = (state: State, name: string): Room | undefined =>
  state.rooms.find((room) => room.name === name);

const inRoom = (state: State, name: string, change: (room: Room) => Room): State => {
  const rooms = state.rooms.map((room) => (room.name === name ? change(room) : room));
  return { ...state, rooms };
};

export function reducer(state: State, action: Action): State {
  switch (action.type) {
    case "named":
      return { ...state, user: action.user };
    case "flashed":
      return { ...state, flash: { text: action.text, number: state.flash.number + 1 } };
    case "connecting":
    case "nextTry":
    case "online":
    case "closed":
      return connection(state, action);
    case "roomAdded": {
      if (roomOf(state, action.room)) return state;
      return { ...state, rooms: [...state.rooms, rooms.newRoom(action.room, action.mark)] };
    }
    case "roomActivated":
      return activated(state, action.room);
    case "roomRemoved": {
      const outbox = state.outbox.filter((entry) => entry.room !== action.room);
      return { ...state, outbox, rooms: state.rooms.filter((room) => room.name !== action.room) };
    }
    case "composed":
      return inRoom(composed(state, action), action.room, (room) => ({ ...room, divider: null }));
    case "sending":
    case "acked":
    case "delayed":
    case "sendFailed":
    case "retried":
    case "discarded":
      return sent(state, action);
    default:
      return roomEvent(state, action);
  }
}

type RoomEvent = Exclude<
  Extract<Action, { room: string }>,
  { type: "roomAdded" | "roomActivated" | "roomRemoved" | "composed" }
>;

function roomEvent(state: State, action: RoomEvent): State {
  const next = inRoom(state, action.room, (room) => roomReducer(room, action, state.user));
  if (action.type === "received") return settle(next, action.room, [action.message]);
  if (action.type !== "pageLoaded") return next;
  const known = settle(next, action.room, action.messages);
  if (action.page !== "latest") return known;
  return { ...known, outbox: forgetAcked(known.outbox, action.room) };
}

function roomReducer(room: Room, action: RoomEvent, self: string): Room {
  switch (action.type) {
    case "roomRead":
      return rooms.markRead(room);
    case "subscribed":
      return rooms.subscribed(room, action.how);
    case "refused":
      return { ...room, membership: "refused", refusal: action.reason };
    case "received":
      return rooms.received(room, action.message, self);
    case "annotated":
      return rooms.annotated(room, [action.aside]);
    case "typed":
      return rooms.typed(room, action.user, action.until);
    case "marked":
      return rooms.marked(room, self, action);
    case "receiptsLoaded":
      return { ...room, receipts: action.users };
    case "seen":
      return { ...room, seen: new Map([...room.seen, ...action.users]) };
    case "counted":
      return rooms.counted(room, action);
    case "pageRequested":
      return rooms.pageRequested(room, action.page);
    case "pageLoaded":
      return rooms.pageLoaded(room, action.page, action.epoch, action.messages, action.short, action.asides);
    case "pageFailed":
      return rooms.pageFailed(room, action.page);
    case "presenceRequested":
      return { ...room, presence: presence.snapshotRequested(room.presence) };
    case "presenceLoaded":
      return { ...room, presence: presence.snapshotLoaded(room.presence, action.clients, action.now) };
    case "joined":
      return rooms.joined(room, self, action.client, action.user, action.now);
    case "left":
      return rooms.left(room, self, action.client, action.user, action.now);
  }
}

function settle(state: State, room: string, messages: readonly Incoming[]): State {
  const ids = new Set(messages.filter((m) => m.sender === state.user && m.id).map((m) => m.id));
  return { ...state, outbox: settled(state.outbox, room, ids) };
}

/** Without a connection a message waits from the start, and says so. */
function composed(state: State, action: Parameters<typeof outboxReducer>[1]): State {
  const next = sent(state, action);
  return state.connection.phase === "online" ? next : { ...next, outbox: interrupted(next.outbox) };
}

const sent = (state: State, action: Parameters<typeof outboxReducer>[1]): State => ({
  ...state,
  outbox: outboxReducer(state.outbox, action),
});

/** Show a room, with a line where the unread ones begin; the room left behind loses its line. */
function activated(state: State, name: string): State {
  if (state.active === name) return state;
  const rooms_ = state.rooms.map((room): Room => {
    if (room.name === state.active) return { ...room, divider: null };
    if (room.name !== name || rooms.unreadOf(room) === 0) return room;
    return { ...room, divider: { era: room.era, after: room.read, cause: "unread" } };
  });
  return { ...state, active: name, rooms: rooms_ };
}

type ConnectionAction = Extract<Action, { type: "connecting" | "nextTry" | "online" | "closed" }>;

function connection(state: State, action: ConnectionAction): State {
  const now = state.connection;
  switch (action.type) {
    case "connecting": {
      // To come back on purpose, under another name, is no loss to tell of.
      const lost = now.phase === "reconnecting" || (action.lost && now.phase === "online");
      const phase = lost ? "reconnecting" : "connecting";
      const next: ConnectionState = { ...now, phase, nextTryAt: null, reason: "" };
      return { ...state, connection: next, outbox: interrupted(state.outbox) };
    }
    case "nextTry":
      return { ...state, connection: { ...now, nextTryAt: action.at, troubled: now.troubled || action.at !== null } };
    case "online": {
      const restored = now.restored + (now.phase === "reconnecting" ? 1 : 0);
      return { ...state, connection: { phase: "online", nextTryAt: null, troubled: false, reason: "", restored } };
    }
    case "closed": {
      const gone: ConnectionState = { ...now, phase: "closed", nextTryAt: null, reason: action.reason };
      return { ...state, connection: gone, outbox: interrupted(state.outbox) };
    }
  }
}
