/** The wire: the Centrifuge SDK behind the few words that the page needs. */

import type { Centrifuge, PublicationContext, Subscription } from "centrifuge";
import type { Subscribed } from "../state/actions";
import { readSaid, type Said } from "../state/incoming";
import type { Aside, Incoming, Receipt } from "../state/types";
import { watchDelays } from "./delays";
import { TIME_TAG, TimedCentrifuge } from "./times";

const PREFIX = "chat:";

/** Why the server said no: a code of the protocol, and its own words. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** What the connection tells. */
export interface Listener {
  /** `lost` unless one connects on purpose. */
  connecting(lost: boolean): void;
  nextTry(at: number | null): void;
  online(): void;
  closed(why: Refusal): void;
  subscribed(room: string, how: Subscribed): void;
  refused(room: string, why: Refusal): void;
  received(room: string, said: Said): void;
  /** Somebody wants one's attention in a room, which one may not have joined yet. */
  mentioned(room: string): void;
  joined(room: string, client: string, user: string): void;
  left(room: string, client: string, user: string): void;
}

export interface Page {
  readonly epoch: string;
  readonly messages: readonly Incoming[];
  readonly asides: readonly Aside[];
  /** Publications of the page, whatever they are. */
  readonly size: number;
}

/** What a room has that one has not read, as the server counts it. */
export interface Count {
  readonly unread: number;
  readonly read: number;
  readonly offset: number;
  readonly epoch: string;
}

/** Why a request failed: the server said no, or nobody knows whether it was heard. */
export class RequestFailed extends Error implements Refusal {
  constructor(
    readonly refused: boolean,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Codes below this one are the SDK's own: lost, late or not connected. */
const SERVER_CODES = 100;
const INTERNAL_ERROR = 100;
const TOO_MANY_REQUESTS = 111;

function failure(error: unknown): RequestFailed {
  const { code = 0, message = "", temporary = false } = error as Partial<{
    code: number;
    message: string;
    temporary: boolean;
  }>;
  const passing = temporary || code < SERVER_CODES || code === INTERNAL_ERROR || code === TOO_MANY_REQUESTS;
  return new RequestFailed(!passing, code, message || String(error));
}

/** The SDK's own codes of an end mean something else than those of a request, so only its words are kept. */
const refusal = ({ code, reason }: { code: number; reason: string }): Refusal => ({
  code: code < SERVER_CODES ? 0 : code,
  message: reason,
});

function incoming(context: PublicationContext): Said {
  const time = Number(context.tags?.[TIME_TAG] ?? 0);
  return readSaid({
    data: context.data,
    user: context.info?.user ?? "",
    client: context.info?.client ?? "",
    offset: context.offset ?? 0,
    time: time || writtenAt(context.data),
    tags: context.tags,
  });
}

/** A mention that waits in the inbox. */
interface Mention {
  readonly offset: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A server that gives no time: believe the sender's clock. */
function writtenAt(data: unknown): number {
  const at = (data as { at?: unknown } | null)?.at;
  return typeof at === "number" && Number.isFinite(at) ? at : 0;
}

/** One connection for all rooms. It connects on `open` and then comes back by itself. */
export class Connection {
  readonly #client: Centrifuge;
  readonly #listener: Listener;
  readonly #device: string;
  #inbox: Subscription | null = null;

  /** `device` is this browser's name among those of the user. */
  constructor(endpoint: string, user: string, device: string, listener: Listener) {
    this.#listener = listener;
    this.#device = device;
    this.#client = new TimedCentrifuge(endpoint, { data: { user }, name: "hubbub-chat", maxReconnectDelay: 15_000 });
    this.#client.on("connecting", (context) => listener.connecting(context.code !== 0));
    this.#client.on("connected", () => listener.online());
    this.#client.on("disconnected", (context) => {
      if (context.code !== 0) listener.closed(refusal(context));
    });
    watchDelays(this.#client, (at) => listener.nextTry(at));
    this.#openInbox(user);
  }

  open(): void {
    this.#client.connect();
  }

  /** Come back under another name; rooms and positions are kept. */
  rename(user: string): void {
    this.#client.setData({ user });
    this.#client.disconnect();
    this.#openInbox(user);
    this.#client.connect();
  }

  /** Do not wait for the next attempt. */
  retryNow(): void {
    this.#client.disconnect();
    this.#client.connect();
  }

  join(room: string): void {
    const options = { positioned: true, recoverable: true, joinLeave: true };
    const channel = PREFIX + room;
    const existing = this.#client.getSubscription(channel);
    if (existing) return existing.subscribe();
    const subscription = this.#client.newSubscription(channel, options);
    const tell = this.#listener;
    subscription.on("subscribed", (context) =>
      tell.subscribed(room, {
        epoch: context.streamPosition?.epoch ?? "",
        offset: context.streamPosition?.offset ?? 0,
        wasRecovering: context.wasRecovering,
        recovered: context.recovered,
        missed: context.hasRecoveredPublications,
      }),
    );
    subscription.on("publication", (context) => tell.received(room, incoming(context)));
    subscription.on("join", ({ info }) => tell.joined(room, info.client, info.user));
    subscription.on("leave", ({ info }) => tell.left(room, info.client, info.user));
    subscription.on("unsubscribed", (context) => {
      if (context.code !== 0) tell.refused(room, refusal(context));
    });
    subscription.subscribe();
  }

  leave(room: string): void {
    const subscription = this.#client.getSubscription(PREFIX + room);
    subscription?.unsubscribe();
    this.#client.removeSubscription(subscription);
  }

  /** Publish into a room. Resolves when the message is stored, else throws RequestFailed. */
  async publish(room: string, id: string, text: string, at: number, to: readonly string[] = []): Promise<void> {
    const data = { id, text, at, ...(to.length > 0 ? { to } : {}) };
    await this.#ask(room, (subscription) => subscription.publish(data));
  }

  async edit(room: string, offset: number, data: object): Promise<void> {
    await this.#operate("edit", { channel: PREFIX + room, offset, data });
  }

  async remove(room: string, offset: number): Promise<void> {
    await this.#operate("delete", { channel: PREFIX + room, offset });
  }

  async react(room: string, offset: number, reaction: string, removed: boolean): Promise<void> {
    await this.#operate("react", { channel: PREFIX + room, offset, reaction, removed });
  }

  async typing(room: string, typing: boolean): Promise<void> {
    await this.#operate("typing", { channel: PREFIX + room, typing });
  }

  async mark(room: string, marks: { readonly read: number } | { readonly received: number }): Promise<void> {
    await this.#operate("mark", { channel: PREFIX + room, ...marks });
  }

  /** How far everybody has got in a room. */
  async receipts(room: string): Promise<ReadonlyMap<string, Receipt>> {
    const { users } = (await this.#operate("receipts", { channel: PREFIX + room })) as {
      readonly users: Readonly<Record<string, Receipt>>;
    };
    return new Map(Object.entries(users));
  }

  /** When those who were in a room were there last; 0 for who is there. */
  async people(room: string): Promise<ReadonlyMap<string, number>> {
    const { users } = (await this.#operate("people", { channel: PREFIX + room })) as {
      readonly users: Readonly<Record<string, { readonly seen?: number }>>;
    };
    return new Map(Object.entries(users).map(([user, { seen = 0 }]) => [user, seen]));
  }

  /** What is unread in a room. */
  async count(room: string): Promise<Count | null> {
    const { rooms } = (await this.#operate("rooms", { channels: [PREFIX + room] })) as {
      readonly rooms: Readonly<Record<string, Partial<Count>>>;
    };
    const { unread, read, offset, epoch } = rooms[PREFIX + room] ?? {};
    if (unread === undefined || read === undefined || offset === undefined || epoch === undefined) return null;
    return { unread, read, offset, epoch };
  }

  /** Follow one's inbox: it has where somebody wants one's attention, also from while one was away. */
  #openInbox(user: string): void {
    const channel = `#${user}`;
    if (this.#inbox?.channel === channel) return;
    this.#inbox?.unsubscribe();
    this.#client.removeSubscription(this.#inbox);
    const inbox = this.#client.newSubscription(channel, { positioned: true, recoverable: true });
    this.#inbox = inbox;
    inbox.on("publication", ({ tags = {}, offset = 0 }) => this.#attend([{ tags, offset }]));
    inbox.on("subscribed", () => void this.#emptyInbox().catch(ignored));
    inbox.subscribe();
  }

  /** Take what this device has not seen yet. */
  async #emptyInbox(): Promise<void> {
    const { messages = [] } = (await this.#operate("inbox_pull", { device: this.#device })) as {
      readonly messages?: readonly Mention[];
    };
    this.#attend(messages);
  }

  /** Tell where one is wanted, and the server that this device knows. */
  #attend(mentions: readonly Mention[]): void {
    for (const { tags } of mentions) {
      const channel = tags?.["mention"] ?? "";
      if (channel.startsWith(PREFIX)) this.#listener.mentioned(channel.slice(PREFIX.length));
    }
    const offsets = mentions.map(({ offset }) => offset).filter((offset) => offset > 0);
    if (offsets.length > 0) this.#operate("inbox_ack", { device: this.#device, offsets }).catch(ignored);
  }

  /** Call one of the server's own operations. Throws RequestFailed. */
  async #operate(name: string, request: object): Promise<unknown> {
    try {
      return (await this.#client.rpc(`hubbub.${name}`, request)).data;
    } catch (error) {
      throw failure(error);
    }
  }

  /** Read the newest messages, or those before an offset; the oldest comes first. */
  async history(room: string, limit: number, before: { offset: number; epoch: string } | null): Promise<Page> {
    const since = before ? { since: before } : {};
    const page = await this.#ask(room, (subscription) => subscription.history({ limit, reverse: true, ...since }));
    const said = page.publications.map(incoming).reverse();
    return {
      epoch: page.epoch,
      messages: said.flatMap((each) => each.message ?? []),
      asides: said.flatMap((each) => each.aside ?? []),
      size: said.length,
    };
  }

  /** Return who is in a room: users by connection. */
  async presence(room: string): Promise<ReadonlyMap<string, string>> {
    const { clients } = await this.#ask(room, (subscription) => subscription.presence());
    return new Map(Object.values(clients).map((info) => [info.client, info.user]));
  }

  async #ask<T>(room: string, request: (subscription: Subscription) => Promise<T>): Promise<T> {
    const subscription = this.#client.getSubscription(PREFIX + room);
    if (!subscription) throw new RequestFailed(false, 0, "not in this room");
    try {
      return await request(subscription);
    } catch (error) {
      throw failure(error);
    }
  }
}

/** A server without an inbox has nothing to say there. */
const ignored = (): void => undefined;
