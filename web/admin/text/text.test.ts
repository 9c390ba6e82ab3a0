import { describe, expect, it } from "vitest";
import { chooseText } from "../i18n";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { bytes, count, duration, millis, rate } from "./format";
import { compact, payloadOf, pretty, tagsOf } from "./json";

describe("numbers", () => {
  it("are short", () => {
    expect(count(9999, "en")).toBe("9,999");
    expect(count(12_345, "en")).toBe("12.3K");
    expect(rate(0.26, "en")).toBe("0.3");
    expect(rate(56.4, "en")).toBe("56");
    expect(rate(1234.5, "en")).toBe("1,235");
  });

  it("have units", () => {
    expect(millis(0.456, "en")).toBe("0.46 ms");
    expect(millis(4.56, "en")).toBe("4.6 ms");
    expect(millis(45.6, "en")).toBe("46 ms");
    expect(millis(1500, "en")).toBe("1.5 s");
    expect(bytes(0, "en")).toBe("0 B");
    expect(bytes(1536, "en")).toBe("1.5 KiB");
    expect(bytes(80 * 1024 * 1024, "en")).toBe("80 MiB");
  });

  it("are spans of time", () => {
    expect([59, 60, 3600, 5400, 86_400, 100_000].map((each) => duration(each, en))).toEqual([
      "59 s",
      "1 min",
      "1 h",
      "1 h 30 min",
      "1 d",
      "1 d 3 h",
    ]);
    expect(duration(5400, zh)).toBe("1 小时 30 分钟");
  });
});

describe("payloads", () => {
  it("are JSON, or a string", () => {
    expect(payloadOf('{"a":1}')).toEqual({ value: { a: 1 }, json: true });
    expect(payloadOf("hello")).toEqual({ value: "hello", json: false });
    expect(compact({ a: [1] })).toBe('{"a":[1]}');
    expect(pretty({ a: 1 })).toBe('{\n  "a": 1\n}');
  });

  it("have tags", () => {
    expect(tagsOf(" a = 1,b=x=y, ,=3, c")).toEqual({ a: "1", b: "x=y", c: "" });
    expect(tagsOf("")).toEqual({});
  });
});

it("speaks the reader's language", () => {
  expect(chooseText(["fr", "zh-TW"])).toBe(zh);
  expect(chooseText(["en-GB"]).locale).toBe("en-GB");
  expect(chooseText(["fr"])).toBe(en);
  expect(Object.keys(zh)).toEqual(Object.keys(en));
});
