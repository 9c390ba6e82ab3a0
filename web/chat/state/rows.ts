/** What the conversation shows, line by line: messages grouped by sender, days, notices, gaps, the "new" line. */

import { placeOf, reactionsOf, type Reaction } from "./asides";
import { keyOf } from "./messages";
import type { Delivery, Divider, Gap, Message, Notice, Outgoing, Receipt, Room } from "./types";

/** Messages of one sender within this time form a group. */
export const GROUP_MS = 5 * 60_000;

export interface MessageRow {
  readonly kind: "message";
  readonly key: string;
  readonly sender: string;
  readonly text: string;
  readonly time: number;
  readonly own: boolean;
  /** Whether it begins and ends its group. */
  readonly first: boolean;
  readonly last: boolean;
  /** Empty for what is stored; else the id and state of one's own unsettled message. */
  readonly delivery: Delivery | "";
  readonly id: string;
  readonly reason: string;
  /** Where it stands, if something can be said about it: in the room's present log. */
  readonly offset: number;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly reactions: readonly Reaction[];
  /** Of one's own message: how far it came; who has read it, by name. */
  readonly reached: "" | "received" | "read";
  readonly readers: string;
}

export type Row =
  | MessageRow
  | { readonly kind: "day"; readonly key: string; readonly time: number }
  | { readonly kind: "divider"; readonly key: string; readonly cause: Divider["cause"] }
  | { readonly kind: "gap"; readonly key: string; readonly gap: Gap }
  | { readonly kind: "notice"; readonly key: string; readonly notice: Notice };

interface Place {
  readonly era: number;
  readonly after: number;
}

/** Whether a mark stands before a message: the message comes behind the mark's place. */
const stands = (mark: Place, message: Message): boolean =>
  mark.era < message.era || (mark.era === message.era && mark.after < message.offset);

/** Make the lines of a room. `self` decides which messages are one's own. */
export function rowsOf(room: Room, outbox: readonly Outgoing[], self: string): readonly Row[] {
  const rows: Row[] = [];
  const notices = [...room.notices];
  const gaps = [...room.gaps];
  let divider = room.divider;
  for (const message of room.messages) {
    while (notices[0] && stands(notices[0], message)) pushDated(rows, noticeRow(notices.shift()!));
    while (gaps[0] && stands(gaps[0], message)) rows.push(gapRow(gaps.shift()!));
    const row = confirmed(room, message, self);
    pushDay(rows, row);
    if (divider && stands(divider, message)) {
      rows.push({ kind: "divider", key: `divider:${divider.era}:${divider.after}`, cause: divider.cause });
      divider = null;
    }
    rows.push(row);
  }
  for (const rest of gaps) rows.push(gapRow(rest));
  for (const rest of notices) pushDated(rows, noticeRow(rest));
  const own = outbox.filter((entry) => entry.room === room.name);
  for (const entry of own) pushDated(rows, unsettled(entry, self, room.era));
  return grouped(rows);
}

type NoticeRow = Extract<Row, { kind: "notice" }>;

const noticeRow = (notice: Notice): NoticeRow => ({ kind: "notice", key: notice.key, notice });
const gapRow = (gap: Gap): Row => ({ kind: "gap", key: gap.key, gap });

function confirmed(room: Room, message: Message, self: string): MessageRow {
  const notes = room.notes.get(placeOf(message.era, message.offset));
  const own = message.sender === self;
  const current = message.era === room.era;
  return {
    ...NOTHING_SAID,
    kind: "message",
    key: message.key,
    sender: message.sender,
    text: notes?.text ?? message.text,
    time: message.time,
    own,
    first: true,
    last: true,
    delivery: "",
    id: message.id,
    reason: "",
    offset: current ? message.offset : 0,
    edited: notes?.text != null,
    deleted: notes?.deleted ?? false,
    reactions: reactionsOf(notes),
    ...(own && current ? reach(room.receipts, message.offset, self) : {}),
  };
}

const NOTHING_SAID = {
  offset: 0,
  edited: false,
  deleted: false,
  reactions: reactionsOf(undefined),
  reached: "" as const,
  readers: "",
};

function reach(receipts: ReadonlyMap<string, Receipt>, offset: number, self: string): Pick<MessageRow, "reached" | "readers"> {
  const others = [...receipts].filter(([user]) => user !== self);
  const readers = others.filter(([, receipt]) => receipt.read >= offset).map(([user]) => user);
  const received = others.some(([, receipt]) => receipt.received >= offset);
  return { reached: readers.length > 0 ? "read" : received ? "received" : "", readers: readers.join(", ") };
}

const unsettled = (entry: Outgoing, self: string, era: number): MessageRow => ({
  ...NOTHING_SAID,
  kind: "message",
  key: keyOf({ id: entry.id, sender: self, text: "", time: 0, offset: 0 }, era),
  sender: self,
  text: entry.text,
  time: entry.time,
  own: true,
  first: true,
  last: true,
  delivery: entry.delivery,
  id: entry.id,
  reason: entry.reason,
});

const dayOf = (time: number): string => new Date(time).toDateString();

const timeOf = (row: MessageRow | NoticeRow): number => (row.kind === "message" ? row.time : row.notice.time);

/** Add a row with a time, behind a line for its day where that begins. */
function pushDated(rows: Row[], row: MessageRow | NoticeRow): void {
  pushDay(rows, row);
  rows.push(row);
}

/** Add a line for the day of a row that comes next, where that day begins. */
function pushDay(rows: Row[], row: MessageRow | NoticeRow): void {
  const previous = rows.findLast((each) => each.kind === "message" || each.kind === "notice");
  const time = timeOf(row);
  const turned = !previous || dayOf(timeOf(previous)) !== dayOf(time);
  if (turned && time > 0) rows.push({ kind: "day", key: `day:${dayOf(time)}:${row.key}`, time });
}

/** Join neighbours of one sender. Anything between two messages parts them. */
function grouped(rows: readonly Row[]): readonly Row[] {
  const together = (a: Row | undefined, b: Row | undefined): boolean =>
    a?.kind === "message" &&
    b?.kind === "message" &&
    a.sender === b.sender &&
    a.own === b.own &&
    b.time - a.time < GROUP_MS;
  return rows.map((row, index) => {
    if (row.kind !== "message") return row;
    return { ...row, first: !together(rows[index - 1], row), last: !together(row, rows[index + 1]) };
  });
}
