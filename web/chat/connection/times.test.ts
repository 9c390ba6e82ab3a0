import { describe, expect, it } from "vitest";
import { Centrifuge } from "centrifuge";
import { TIME_TAG, TimedCentrifuge, tagTimes } from "./times";

describe("times", () => {
  it("hands a publication's time on as a tag, wherever publications come", () => {
    const pub = { time: 5, tags: { a: "b" } };
    const [pushed, subscribed, history, other] = tagTimes([
      { push: { pub } },
      { subscribe: { publications: [{ time: 6 }, {}] } },
      { history: { publications: [{ time: 7 }] } },
      {},
    ]);
    expect(pushed?.push?.pub?.tags).toEqual({ a: "b", [TIME_TAG]: "5" });
    expect(subscribed?.subscribe?.publications?.map((each) => each.tags)).toEqual([{ [TIME_TAG]: "6" }, undefined]);
    expect(history?.history?.publications?.[0]?.tags).toEqual({ [TIME_TAG]: "7" });
    expect(other).toEqual({});
  });

  it("finds the SDK's codec where it expects it", () => {
    const client = new TimedCentrifuge("ws://127.0.0.1:1/") as unknown as {
      _codec: { decodeReplies(data: string): { push: { pub: { tags?: object } } }[] };
    };
    const replies = client._codec.decodeReplies('{"push":{"channel":"c","pub":{"data":1,"time":9}}}');
    expect(replies[0]?.push.pub.tags).toEqual({ [TIME_TAG]: "9" });
  });

  it("finds the SDK's delays where the countdown reads them", () => {
    const inner = new Centrifuge("ws://127.0.0.1:1/") as unknown as Record<string, unknown>;
    expect([typeof inner["_getReconnectDelay"], typeof inner["_startReconnecting"]]).toEqual(["function", "function"]);
  });
});
