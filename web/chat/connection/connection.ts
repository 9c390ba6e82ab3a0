/** The wire: the Centrifuge SDK behind the few words that the page needs. */

import { Centrifuge, type Subscription, type PublicationContext } from "centrifuge";
import type { Subscribed } from "../state/actions";
import { readPublication } from "../state/incoming";
import type { Incoming } from "../state/types";
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
  received(room: string, message: Incoming): void;
  joined(room: string, client: string, user: string): void;
  left(room: string, client: string, user: string): void;
}

export interface Page {
  readonly epoch: string;
  readonly messages: readonly Incoming[];
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

function incoming(context: PublicationContext): Incoming {
  const time = Number(context.tags?.[TIME_TAG] ?? 0);
  return readPublication({
    data: context.data,
    user: context.info?.user ?? "",
    offset: context.offset ?? 0,
    time: time || writtenAt(context.data),
  });
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

  constructor(endpoint: string, user: string, listener: Listener) {
    this.#listener = listener;
    this.#client = new TimedCentrifuge(endpoint, { data: { user }, name: "hubbub-chat", maxReconnectDelay: 15_000 });
    this.#client.on("connecting", (context) => listener.connecting(context.code !== 0));
    this.#client.on("connected", () => listener.online());
    this.#client.on("disconnected", (context) => {
      if (context.code !== 0) listener.closed(refusal(context));
    });
    watchDelays(this.#client, (at) => listener.nextTry(at));
  }

  open(): void {
    this.#client.connect();
  }

  /** Come back under another name; rooms and positions are kept. */
  rename(user: string): void {
    this.#client.setData({ user });
    this.#client.disconnect();
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
  async publish(room: string, id: string, text: string, at: number): Promise<void> {
    await this.#ask(room, (subscription) => subscription.publish({ id, text, at }));
  }

  /** Read the newest messages, or those before an offset; the oldest comes first. */
  async history(room: string, limit: number, before: { offset: number; epoch: string } | null): Promise<Page> {
    const since = before ? { since: before } : {};
    const page = await this.#ask(room, (subscription) => subscription.history({ limit, reverse: true, ...since }));
    return { epoch: page.epoch, messages: page.publications.map(incoming).reverse() };
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

/**
 * Learn when the next attempt begins. The SDK does not tell, so its delay is read where it is made; a version
 * that makes it elsewhere only costs the countdown.
 */
function watchDelays(client: Centrifuge, tell: (at: number | null) => void): void {
  const inner = client as unknown as { _getReconnectDelay?: () => number; _startReconnecting?: () => void };
  const delay = inner._getReconnectDelay?.bind(client);
  const start = inner._startReconnecting?.bind(client);
  if (!delay || !start) return;
  inner._getReconnectDelay = () => {
    const milliseconds = delay();
    tell(Date.now() + milliseconds);
    return milliseconds;
  };
  inner._startReconnecting = () => {
    tell(null);
    start();
  };
}
