/** The conductor: turns what the user and the server do into actions, and performs what follows from them. */

import { Connection, RequestFailed } from "./connection/connection";
import type { PageKind } from "./state/actions";
import { nextToSend } from "./state/outbox";
import { initialState, roomOf } from "./state/reducer";
import { Store } from "./state/store";
import { Attention } from "./attention";
import { Deeds } from "./deeds";
import { explain } from "./explain";
import { Marks } from "./marks";
import type { Outgoing, Room, State } from "./state/types";
import type { Keep } from "./storage/keep";
import { DEFAULT_ROOM, hashOfRoom, peerOf, roomOfHash } from "./text/names";

export const PAGE_SIZE = 50;
/** The server allows more; a list of more rooms is no list. */
export const ROOM_COUNT_LIMIT = 50;
const PRESENCE_REFRESH_MS = 60_000;
const RESEND_MS = 1_500;

export class Session {
  readonly store: Store;
  /** What is done to messages, and told to the others. */
  readonly deeds: Deeds;
  /** What is heard from the others, and whom it concerns. */
  readonly attention: Attention;
  readonly #keep: Keep;
  readonly #endpoint: string;
  #connection: Connection | null = null;
  readonly #marks = new Marks((room, marks) => this.#require().mark(room, marks));

  constructor(keep: Keep, endpoint: string) {
    this.#keep = keep;
    this.#endpoint = endpoint;
    this.store = new Store(initialState(keep.name(), keep.outbox()));
    this.deeds = new Deeds(this.store, () => this.#connection);
    this.attention = new Attention(this.store, keep, this.#marks, (room) => this.openRoom(room));
    this.store.watch((state, before) => this.#remember(state, before));
  }

  /** Go to the room of the address, and connect once there is a name. */
  start(): void {
    for (const room of [...this.#keep.rooms(), ...this.#unsentRooms()]) this.#add(room);
    window.addEventListener("hashchange", () => this.#follow());
    this.#follow();
    window.setInterval(() => this.#refreshPresence(), PRESENCE_REFRESH_MS);
    if (this.store.state.user) this.#connect();
  }

  setName(user: string): void {
    if (user === this.store.state.user) return;
    this.#keep.setName(user);
    this.store.dispatch({ type: "named", user });
    if (this.#connection) this.#connection.rename(user);
    else this.#connect();
  }

  openRoom(room: string): void {
    window.location.hash = hashOfRoom(room);
  }

  leaveRoom(room: string): void {
    this.#connection?.leave(room);
    this.#keep.forgetRoom(room);
    this.store.dispatch({ type: "roomRemoved", room });
    const { rooms, active } = this.store.state;
    if (active === room) this.openRoom(rooms[0]?.name ?? DEFAULT_ROOM);
  }

  send(room: string, said: string): void {
    this.store.dispatch({ type: "composed", room, id: randomId(), text: said, now: Date.now() });
    this.#pump(room);
  }

  retry(id: string): void {
    const entry = this.store.state.outbox.find((each) => each.id === id);
    if (!entry) return;
    this.store.dispatch({ type: "retried", id });
    if (this.store.state.connection.phase === "online") this.#pump(entry.room);
    else this.#connection?.retryNow();
  }

  discard(id: string): void {
    this.store.dispatch({ type: "discarded", id });
  }

  reconnect(): void {
    this.#connection?.retryNow();
  }

  rejoin(room: string): void {
    this.#connection?.join(room);
  }

  markRead(room: string): void {
    const known = roomOf(this.store.state, room);
    if (!known || known.membership !== "joined") return;
    this.#marks.read(room, known.top);
    if (known.read !== known.top) this.store.dispatch({ type: "roomRead", room });
  }

  loadOlder(room: string): void {
    const known = roomOf(this.store.state, room);
    if (!known || known.complete || known.history === "loading" || known.membership !== "joined") return;
    const older = known.history === "ready" || known.floor > 0;
    void this.#load(known, older ? "older" : "latest");
  }

  fillGap(room: string, gap: string): void {
    const known = roomOf(this.store.state, room);
    if (known?.membership === "joined") void this.#load(known, { gap });
  }

  #connect(): void {
    const { store } = this;
    this.#connection = new Connection(this.#endpoint, store.state.user, this.#keep.device(randomId), {
      connecting: (lost) => store.dispatch({ type: "connecting", lost }),
      nextTry: (at) => store.dispatch({ type: "nextTry", at }),
      online: () => store.dispatch({ type: "online" }),
      closed: (why) => store.dispatch({ type: "closed", reason: explain(why) }),
      subscribed: (room, how) => {
        store.dispatch({ type: "subscribed", room, how });
        this.#settleIn(room);
      },
      refused: (room, why) => store.dispatch({ type: "refused", room, reason: explain(why) }),
      received: (room, said) => this.attention.hear(room, said),
      mentioned: (room) => {
        if (peerOf(room, store.state.user) !== null) this.#add(room);
      },
      joined: (room, client, user) => store.dispatch({ type: "joined", room, client, user, now: Date.now() }),
      left: (room, client, user) => store.dispatch({ type: "left", room, client, user, now: Date.now() }),
    });
    for (const room of store.state.rooms) this.#connection.join(room.name);
    this.#connection.open();
  }

  /** A room is joined, anew or again: who is there, what was said, what is still to be sent. */
  #settleIn(room: string): void {
    void this.#loadPresence(room);
    void this.#loadReceipts(room);
    this.#loadLatest();
    this.#pump(room);
  }

  /** How far everybody has got, and what oneself has not read: on another device it may have been. */
  async #loadReceipts(room: string): Promise<void> {
    const connection = this.#require();
    try {
      const users = await connection.receipts(room);
      this.store.dispatch({ type: "receiptsLoaded", room, users });
      const count = await connection.count(room);
      const direct = peerOf(room, this.store.state.user) !== null;
      const known = roomOf(this.store.state, room);
      // Who comes into a room of all for the first time has not missed what was said there before.
      if (count && known && count.epoch === known.epoch && (direct || count.read > 0)) {
        this.store.dispatch({ type: "counted", room, ...count });
      }
      if (direct) this.store.dispatch({ type: "seen", room, users: await connection.people(room) });
    } catch (error) {
      // Receipts may be switched off for a room.
      if (!(error instanceof RequestFailed)) throw error;
    }
  }

  #follow(): void {
    const room = roomOfHash(window.location.hash) || this.store.state.rooms[0]?.name || DEFAULT_ROOM;
    if (window.location.hash !== hashOfRoom(room)) window.history.replaceState(null, "", hashOfRoom(room));
    this.#add(room);
    this.store.dispatch({ type: "roomActivated", room });
    this.#loadLatest();
  }

  #add(room: string): void {
    const { rooms } = this.store.state;
    if (roomOf(this.store.state, room)) return;
    const oldest = rooms.find((each) => each.name !== this.store.state.active);
    if (rooms.length >= ROOM_COUNT_LIMIT && oldest) this.leaveRoom(oldest.name);
    // What somebody said to one alone is unread until it is known not to be.
    const direct = peerOf(room, this.store.state.user) !== null;
    const mark = this.#keep.readMark(room) ?? (direct ? { epoch: "", offset: 0 } : undefined);
    this.store.dispatch({ type: "roomAdded", room, ...(mark ? { mark } : {}) });
    this.#connection?.join(room);
  }

  #unsentRooms(): readonly string[] {
    return this.store.state.outbox.map((entry) => entry.room);
  }

  /** Load the newest page of the room that is shown, unless it is here; a page that failed is asked for again. */
  #loadLatest(): void {
    const room = roomOf(this.store.state, this.store.state.active);
    if (room?.membership !== "joined") return;
    if (room.history === "unloaded") void this.#load(room, "latest");
    if (room.history === "failed") this.loadOlder(room.name);
  }

  async #load(room: Room, page: PageKind): Promise<void> {
    const before = beforeOf(room, page);
    this.store.dispatch({ type: "pageRequested", room: room.name, page });
    try {
      const position = before === null ? null : { offset: before, epoch: room.epoch };
      const { epoch, messages, asides, size } = await this.#require().history(room.name, PAGE_SIZE, position);
      const short = size < PAGE_SIZE;
      this.store.dispatch({ type: "pageLoaded", room: room.name, page, epoch, messages, asides, short });
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.store.dispatch({ type: "pageFailed", room: room.name, page });
    }
  }

  async #loadPresence(room: string): Promise<void> {
    this.store.dispatch({ type: "presenceRequested", room });
    try {
      const clients = await this.#require().presence(room);
      this.store.dispatch({ type: "presenceLoaded", room, clients, now: Date.now() });
    } catch (error) {
      // Presence may be switched off for a room; joins and leaves still tell something.
      if (!(error instanceof RequestFailed)) throw error;
    }
  }

  /** Heal what a lost leave event would leave behind. */
  #refreshPresence(): void {
    const { active, connection } = this.store.state;
    const room = roomOf(this.store.state, active);
    if (connection.phase === "online" && room?.membership === "joined") void this.#loadPresence(active);
  }

  /** Send a room's next message, and the one after it once this is settled. */
  #pump(room: string): void {
    const { connection, outbox } = this.store.state;
    const entry = nextToSend(outbox, room);
    const ready = connection.phase === "online" && roomOf(this.store.state, room)?.membership === "joined";
    if (entry && ready) void this.#publish(entry);
  }

  async #publish(entry: Outgoing): Promise<void> {
    const { id, room, time } = entry;
    this.store.dispatch({ type: "sending", id });
    try {
      await this.#require().publish(room, id, entry.text, time, this.attention.meant(room, entry.text));
      this.deeds.silence();
      this.store.dispatch({ type: "acked", id });
      this.#pump(room);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (error.refused) this.store.dispatch({ type: "sendFailed", id, reason: explain(error) });
      else this.store.dispatch({ type: "delayed", id, reason: explain(error) });
      window.setTimeout(() => this.#pump(room), error.refused ? 0 : RESEND_MS);
    }
  }

  #require(): Connection {
    if (!this.#connection) throw new RequestFailed(false, 0, "not connected");
    return this.#connection;
  }

  #remember(state: State, before: State): void {
    this.#keep.syncOutbox(before.outbox, state.outbox);
    if (state.rooms === before.rooms) return;
    if (!sameNames(state.rooms, before.rooms)) this.#keep.setRooms(state.rooms.map((room) => room.name));
    for (const room of state.rooms) {
      const old = roomOf(before, room.name);
      if (room.read >= 0 && room.epoch && (old?.read !== room.read || old.epoch !== room.epoch)) {
        this.#keep.setReadMark(room.name, { epoch: room.epoch, offset: room.read });
      }
    }
  }
}

function beforeOf(room: Room, page: PageKind): number | null {
  if (page === "latest") return null;
  if (page === "older") return room.floor;
  return room.gaps.find((gap) => gap.key === page.gap)?.before ?? null;
}

/** 128 random bits. `randomUUID` would need https, and a first server often has none. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const sameNames = (a: readonly Room[], b: readonly Room[]): boolean =>
  a.length === b.length && a.every((room, index) => room.name === b[index]?.name);
