import { describe, expect, it } from "vitest";
import { chooseText } from "../i18n";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { dayLabel } from "./dates";
import { splitLinks } from "./links";
import { HUES, NAME_LIMIT, ROOM_LIMIT, cleanName, cleanRoom, directRoom, hashOfRoom, hueOf, initialOf, isAddressable, peerOf, roomOfHash } from "./names";

const links = (text: string): string[] => splitLinks(text).flatMap((part) => (part.href ? [part.text] : []));

describe("splitLinks", () => {
  it.each([
    ["see https://example.org.", ["https://example.org"]],
    ["(see http://example.org/a_(b))", ["http://example.org/a_(b)"]],
    ["[see (http://example.org/a!).]?", ["http://example.org/a"]],
    ["看 https://example.org/路径，谢谢", ["https://example.org/路径"]],
    ["a https://a.example/?q=1&r=2#x b http://b.example:8080/ c", ["https://a.example/?q=1&r=2#x", "http://b.example:8080/"]],
    ["javascript:alert(1) data:text/html,x file:///etc ftp://a.example", []],
    ["<a href=\"https://example.org\">", ["https://example.org"]],
    ["https://", []],
    ["https://user@evil.example", ["https://user@evil.example"]],
  ])("%j", (text, expected) => {
    expect(links(text)).toEqual(expected);
    expect(splitLinks(text).map((part) => part.text).join("")).toBe(text);
  });

  it.each([".", ")", ".x"])("takes no longer for a text that ends a great many times: %j", (end) => {
    const text = `http://a.example/${end.repeat(200_000)} b`;
    const began = performance.now();
    expect(splitLinks(text).map((part) => part.text).join("")).toBe(text);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("opens nothing but http and https", () => {
    const hrefs = splitLinks("HTTPS://EXAMPLE.org/ x https://b.example").flatMap((part) => part.href ?? []);
    expect(hrefs).toEqual(["https://example.org/", "https://b.example/"]);
  });
});

describe("names", () => {
  it("cleans a person's name", () => {
    expect(cleanName("  Ada \n Lovelace\u202e ")).toBe("Ada Lovelace");
    expect(cleanName(" \u200b ")).toBe("");
    expect(cleanName("bo\u200db \u200d")).toBe("bob");
    for (const name of ["علی\u200cرضا", "👩\u200d🚀", "क्\u200dष"]) expect(cleanName(name)).toBe(name);
    expect([...cleanName("🙂".repeat(99))].length).toBe(NAME_LIMIT);
  });

  it("cleans a room's name", () => {
    expect(cleanRoom(" #General  Talk ")).toBe("general-talk");
    expect(cleanRoom("大厅")).toBe("大厅");
    expect(cleanRoom("#\u0000")).toBe("");
    expect([...cleanRoom("x".repeat(99))].length).toBe(ROOM_LIMIT);
  });

  it("finds the room of a link, whatever it holds", () => {
    expect(roomOfHash(hashOfRoom("大厅/a b"))).toBe("大厅/a-b");
    expect(roomOfHash("#100%")).toBe("100%");
    expect(roomOfHash("")).toBe("");
  });

  it("knows a person by initial and colour", () => {
    expect(["ada", "小雅", "👩‍👩‍👧 family", ""].map(initialOf)).toEqual(["A", "小", "👩‍👩‍👧", "?"]);
    const hues = new Set(Array.from({ length: 200 }, (_, i) => hueOf(`user${i}`)));
    expect([...hues].every((hue) => hue >= 0 && hue < HUES)).toBe(true);
    expect(hues.size).toBe(HUES);
  });
});

describe("languages", () => {
  it.each([
    [["zh-CN", "en"], "zh-CN"],
    [["zh-Hant-TW"], "zh-CN"],
    [["de-DE", "en-GB"], "en"],
    [["de-DE"], "en"],
    [[], "en"],
  ])("%j", (offered, tag) => expect(chooseText(offered).tag).toBe(tag));

  it("writes times as the reader's country does", () => expect(chooseText(["en-GB"]).locale).toBe("en-GB"));

  it("counts", () => {
    expect([0, 1, 2].map(en.unread)).toEqual(["0 unread messages", "1 unread message", "2 unread messages"]);
    expect(zh.unread(2)).toBe("2 条未读消息");
    expect([1, 3].map(zh.peopleCount)).toEqual(["只有你在这里", "3 人在线"]);
  });

  it("says everything in both", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    const silent = Object.entries(zh).filter(([, said]) => (typeof said !== "function" ? !said : !(said as (...values: unknown[]) => string)("一", 1)));
    expect(silent).toEqual([]);
    expect(Object.keys(zh.reasons)).toEqual(Object.keys(en.reasons));
  });
});

describe("dayLabel", () => {
  const now = new Date(2026, 10, 20, 9).getTime();
  it.each([
    [new Date(2026, 10, 20, 0, 1), "Today"],
    [new Date(2026, 10, 19, 23, 59), "Yesterday"],
    [new Date(2026, 10, 16, 12), "Monday"],
    [new Date(2026, 0, 5, 12), "Mon, January 5"],
    [new Date(2025, 0, 6, 12), "Mon, January 6, 2025"],
  ])("%s", (day, label) => expect(dayLabel(day.getTime(), now, en)).toBe(label));
});

describe("a room of two", () => {
  it("has one name, whoever opens it", () => {
    expect(directRoom("小雅", "Ada")).toBe(directRoom("Ada", "小雅"));
    expect(peerOf(directRoom("Mira", "Ada"), "Ada")).toBe("Mira");
    expect(peerOf(directRoom("Mira", "Ada"), "Mira")).toBe("Ada");
    expect(peerOf("lobby", "Ada")).toBeNull();
  });

  it("keeps its name in a link", () => {
    const room = directRoom("Ada Lovelace", "小雅");
    expect(roomOfHash(hashOfRoom(room))).toBe(room);
  });

  it("cannot be named after somebody whose name would be two", () => {
    expect(["Ada", "a b"].every(isAddressable)).toBe(true);
    expect(["", "a,b", "a#b"].some(isAddressable)).toBe(false);
  });
});
