/** Actions that lead to the looks of the page that are worth looking at. */

import type { Action } from "../chat/state/actions";
import type { Incoming } from "../chat/state/types";

type Scene = (now: number) => readonly Action[];

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const EPOCH = "demo";

const present = (...users: string[]): ReadonlyMap<string, string> => new Map(users.map((user) => [`c-${user}`, user]));

function enter(room: string, top: number): readonly Action[] {
  return [
    { type: "roomAdded", room },
    { type: "subscribed", room, how: { epoch: EPOCH, offset: top, wasRecovering: false, recovered: false, missed: false } },
  ];
}

const LINES: readonly (readonly [minutes: number, sender: string, text: string])[] = [
  [1510, "Mira", "The new node is up. It took the second half of the rooms without anybody noticing."],
  [1508, "Jonas", "I noticed nothing, and I was watching 👀"],
  [1507, "Ada", "That is the idea."],
  [64, "Jonas", "Morning! Does anyone have the link to the release notes?"],
  [62, "Mira", "https://example.org/hubbub/notes?from=chat (the second paragraph is the one you want)"],
  [62, "Mira", "And the numbers are in the table below it."],
  [61, "Ada", "Thanks, that saves me a search."],
  [60, "Ada", "I read it on the train. Two small things:\n1. the port in the example is the old one\n2. “it’s” in the title"],
  [14, "小雅", "大家好！我从中文界面进来的，消息顺序和你们看到的一样吗？"],
  [13, "Jonas", "Same order here."],
  [13, "Jonas", "Also on the phone, by the way. One log, one order."],
  [2, "Ada", "Lovely. Lunch at half past twelve?"],
];

const said = (now: number, lines = LINES): readonly Incoming[] =>
  lines.map(([minutes, sender, line], index) => ({
    id: `demo-${index}`,
    sender,
    text: line,
    time: now - minutes * MINUTE,
    offset: index + 1,
  }));

const busy: Scene = (now) => [
  { type: "named", user: "Ada" },
  { type: "connecting", lost: false },
  { type: "online" },
  ...enter("lobby", LINES.length),
  ...enter("design", 9),
  ...enter("日常", 3),
  { type: "received", room: "design", message: { id: "x", sender: "Mira", text: "x", time: now, offset: 13 } },
  { type: "roomActivated", room: "lobby" },
  { type: "presenceLoaded", room: "lobby", clients: present("Ada", "Mira", "Jonas", "小雅"), now },
  { type: "pageLoaded", room: "lobby", page: "latest", epoch: EPOCH, messages: said(now), short: true },
  { type: "joined", room: "lobby", client: "c1", user: "Teo", now },
  { type: "joined", room: "lobby", client: "c2", user: "Ines", now },
];

const reconnecting: Scene = (now) => [
  ...busy(now),
  { type: "connecting", lost: true },
  { type: "nextTry", at: now + 7_400 },
  { type: "composed", room: "lobby", id: "w1", text: "I will be ten minutes late, start without me.", now },
  { type: "connecting", lost: true },
  { type: "nextTry", at: now + 7_400 },
];

const failed: Scene = (now) => [
  ...busy(now),
  { type: "composed", room: "lobby", id: "f1", text: "This one was refused by the server.", now },
  { type: "sending", id: "f1" },
  { type: "sendFailed", id: "f1", reason: "permission denied" },
  { type: "composed", room: "lobby", id: "f2", text: "And this one is on its way.", now },
  { type: "sending", id: "f2" },
];

const gap: Scene = (now) => [
  ...busy(now),
  {
    type: "subscribed",
    room: "lobby",
    how: { epoch: EPOCH, offset: 40, wasRecovering: true, recovered: false, missed: false },
  },
  {
    type: "pageLoaded",
    room: "lobby",
    page: "latest",
    epoch: EPOCH,
    messages: [{ id: "g", sender: "Mira", text: "Good that you are back.", time: now, offset: 40 }],
    short: false,
  },
  {
    type: "subscribed",
    room: "lobby",
    how: { epoch: "another", offset: 1, wasRecovering: true, recovered: false, missed: false },
  },
  {
    type: "pageLoaded",
    room: "lobby",
    page: "latest",
    epoch: "another",
    messages: [{ id: "h", sender: "Jonas", text: "The log began anew.", time: now, offset: 1 }],
    short: true,
  },
];

const empty: Scene = (now) => [
  { type: "named", user: "Ada" },
  { type: "connecting", lost: false },
  { type: "online" },
  ...enter("lobby", 0),
  { type: "roomActivated", room: "lobby" },
  { type: "presenceLoaded", room: "lobby", clients: present("Ada"), now },
  { type: "pageLoaded", room: "lobby", page: "latest", epoch: EPOCH, messages: [], short: true },
];

const long: Scene = (now) => {
  const names = ["Mira", "Jonas", "Ada", "小雅"];
  const lines = Array.from({ length: 120 }, (_, i) => {
    const sender = names[Math.floor(i / 3) % names.length]!;
    return [2 * DAY / MINUTE - i * 9, sender, `Line ${i + 1}`] as const;
  });
  return [
    ...empty(now),
    { type: "pageLoaded", room: "lobby", page: "latest", epoch: EPOCH, messages: said(now, lines), short: true },
  ];
};

const welcome: Scene = () => [
  { type: "roomAdded", room: "lobby" },
  { type: "roomActivated", room: "lobby" },
];

export const SCENES: Readonly<Record<string, Scene>> = { busy, reconnecting, failed, gap, empty, long, welcome };
