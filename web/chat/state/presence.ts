/** Who is in a room: a snapshot, kept current by joins and leaves. Connections are counted, users shown. */

import type { Presence } from "./types";

/** Whoever is back within this time after a snapshot without them is not announced. */
export const RETURN_MS = 30_000;

export const NOBODY: Presence = { known: false, clients: new Map(), since: null, missing: new Map() };

/** Begin to note what happens until the snapshot that was asked for is here. */
export function snapshotRequested(presence: Presence): Presence {
  return { ...presence, since: new Map() };
}

/**
 * Take a snapshot, and what happened while it was on its way: those facts are newer. Users that were here
 * before and are not in it may be on their way back, as after a restart of the server.
 */
export function snapshotLoaded(presence: Presence, snapshot: ReadonlyMap<string, string>, now: number): Presence {
  const clients = new Map(snapshot);
  for (const [client, user] of presence.since ?? []) {
    if (user === null) clients.delete(client);
    else clients.set(client, user);
  }
  const users = new Set(clients.values());
  const missing = new Map<string, number>();
  for (const user of presence.clients.values()) if (!users.has(user)) missing.set(user, now);
  return { known: true, clients, since: null, missing };
}

/** Tell whether a user was only lost from sight, a moment ago. */
export function isReturning(presence: Presence, user: string, now: number): boolean {
  const lost = presence.missing.get(user);
  return lost !== undefined && now - lost < RETURN_MS;
}

export function clientJoined(presence: Presence, client: string, user: string): Presence {
  return {
    ...presence,
    clients: new Map(presence.clients).set(client, user),
    since: presence.since && new Map(presence.since).set(client, user),
  };
}

export function clientLeft(presence: Presence, client: string): Presence {
  const clients = new Map(presence.clients);
  clients.delete(client);
  return { ...presence, clients, since: presence.since && new Map(presence.since).set(client, null) };
}

export function hasUser(presence: Presence, user: string): boolean {
  for (const present of presence.clients.values()) if (present === user) return true;
  return false;
}

/** The users, oneself first, the others by name. */
export function usersOf(presence: Presence, self: string, locale: string): readonly string[] {
  const users = new Set(presence.clients.values());
  const others = [...users].filter((user) => user !== self);
  others.sort((a, b) => a.localeCompare(b, locale, { sensitivity: "base" }));
  return users.has(self) ? [self, ...others] : others;
}
