import { describe, expect, it } from "vitest";
import * as presence from "./presence";

const { NOBODY } = presence;

describe("presence", () => {
  it("takes what happened while the snapshot was on its way for the newer truth", () => {
    let state = presence.clientJoined(NOBODY, "c1", "Bo");
    state = presence.snapshotRequested(state);
    state = presence.clientLeft(state, "c1");
    state = presence.clientJoined(state, "c3", "Cy");
    const loaded = presence.snapshotLoaded(state, new Map([["c1", "Bo"], ["c2", "Di"]]), 0);
    expect([...loaded.clients]).toEqual([["c2", "Di"], ["c3", "Cy"]]);
    expect(loaded.known).toBe(true);
  });

  it("shows users once, oneself first", () => {
    const clients = new Map([["1", "zoe"], ["2", "Bo"], ["3", "Ada"], ["4", "Bo"]]);
    const state = presence.snapshotLoaded(NOBODY, clients, 0);
    expect(presence.usersOf(state, "Ada", "en")).toEqual(["Ada", "Bo", "zoe"]);
    expect(presence.usersOf(state, "Eve", "en")).toEqual(["Ada", "Bo", "zoe"]);
  });

  it("knows who is only on the way back after a restart of the server", () => {
    const before = presence.clientJoined(NOBODY, "c1", "Bo");
    const after = presence.snapshotLoaded(before, new Map(), 1000);
    expect(presence.isReturning(after, "Bo", 2000)).toBe(true);
    expect(presence.isReturning(after, "Bo", 1000 + presence.RETURN_MS)).toBe(false);
    expect(presence.isReturning(after, "Cy", 2000)).toBe(false);
  });
});
