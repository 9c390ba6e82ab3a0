import { expect, it } from "vitest";
import { hashOf, placeOf } from "./places";

it("reads back what it wrote", () => {
  for (const name of ["news", "chat:日常", "a/b", "50%", "#", "..", "x y"]) {
    expect(placeOf(hashOf("channels", "channel", name))).toEqual({ view: "channels", kind: "channel", name });
  }
  expect(placeOf(hashOf("users"))).toEqual({ view: "users", kind: "", name: "" });
});

it("shows the overview where it is not told", () => {
  for (const hash of ["", "#", "#/", "#/nonsense", "#/%zz"]) expect(placeOf(hash).view).toBe("overview");
  expect(placeOf("#/channels/user/ada")).toEqual({ view: "channels", kind: "", name: "" });
  expect(placeOf("#/users/user/%zz").name).toBe("%zz");
});
