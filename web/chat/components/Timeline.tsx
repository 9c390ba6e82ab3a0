import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { text } from "../i18n";
import { type Row, rowsOf } from "../state/rows";
import type { Outgoing, Room } from "../state/types";
import type { Session } from "../session";
import { EmptyRoom } from "./EmptyRoom";
import { Icon } from "./Icon";
import { peerOf } from "../text/names";
import { MessageItem, type Doing } from "./MessageItem";
import { DayLine, DividerLine, GapLine, NoticeLine } from "./Separators";
import { useNow, useVisible } from "./hooks";
import { useScroll } from "./useScroll";

interface Props {
  readonly session: Session;
  readonly room: Room;
  readonly outbox: readonly Outgoing[];
  readonly self: string;
  readonly onEdit: (offset: number, text: string) => void;
}

const MINUTE_MS = 60_000;
const NO_NOTICES: Room["notices"] = [];

/** What was said in a room. */
export function Timeline({ session, room, outbox, self, onEdit }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const peer = peerOf(room.name, self);
  // Of two, each sees above whether the other one is there.
  const shown = peer === null ? room : { ...room, notices: NO_NOTICES };
  const rows = useMemo(() => rowsOf(shown, outbox, self), [room, outbox, self]);
  const older = useCallback(() => {
    if (room.history === "ready") session.loadOlder(room.name);
  }, [session, room.name, room.history]);
  const scroll = useScroll(list, older);
  const below = useReading(session, room, scroll.atEnd);
  useShowOwn(outbox, scroll.toEnd);
  useShowDivider(list, room, scroll.onScroll);
  const said = rows.some((row) => row.kind === "message");

  return (
    <div class="timeline">
      <div
        ref={list}
        class="scroller"
        role="region"
        aria-label={text.messages(room.name)}
        aria-busy={room.history === "unloaded" || room.history === "loading"}
        tabIndex={0}
        onScroll={scroll.onScroll}
      >
        <div class="scroller-inner">
          <Top room={room} peer={peer} said={said} onRetry={() => session.loadOlder(room.name)} />
          <Rows rows={rows} session={session} room={room.name} self={self} onEdit={onEdit} />
        </div>
      </div>
      {!scroll.atEnd && (
        <button type="button" class="to-end" onClick={scroll.toEnd}>
          <Icon name="down" />
          <span>{below > 0 ? text.newBelow(below) : text.latest}</span>
        </button>
      )}
    </div>
  );
}

interface RowsProps extends Pick<Props, "session" | "self" | "onEdit"> {
  readonly rows: readonly Row[];
  readonly room: string;
}

function Rows({ rows, session, room, self, onEdit }: RowsProps) {
  const now = useNow(MINUTE_MS);
  const retry = useCallback((id: string) => session.retry(id), [session]);
  const discard = useCallback((id: string) => session.discard(id), [session]);
  const doing = useMemo<Doing>(
    () => ({
      react: (offset, reaction, removed) => session.deeds.react(room, offset, reaction, removed),
      edit: onEdit,
      remove: (offset) => session.deeds.remove(room, offset),
    }),
    [session, room],
  );
  return (
    <ol class="rows">
      {rows.map((row) => {
        switch (row.kind) {
          case "message": {
            const { kind: _, key, ...message } = row;
            return <MessageItem key={key} {...message} self={self} doing={doing} onRetry={retry} onDiscard={discard} />;
          }
          case "day":
            return <DayLine key={row.key} time={row.time} now={now} />;
          case "divider":
            return <DividerLine key={row.key} cause={row.cause} />;
          case "gap":
            return <GapLine key={row.key} gap={row.gap} onFill={(gap) => session.fillGap(room, gap)} />;
          case "notice":
            return <NoticeLine key={row.key} notice={row.notice} />;
        }
      })}
    </ol>
  );
}

/** What stands above the oldest message: the room's beginning, or where the older ones are. */
function Top({ room, peer, said, onRetry }: { room: Room; peer: string | null; said: boolean; onRetry: () => void }) {
  if (room.history === "failed") {
    return (
      <p class="top-note">
        {text.loadFailed}{" "}
        <button type="button" class="link-button" onClick={onRetry}>
          {text.tryAgain}
        </button>
      </p>
    );
  }
  if (room.history === "ready" && !said && peer === null) return <EmptyRoom />;
  if (room.complete) {
    return <p class="top-note">{peer === null ? text.beginning(room.name) : text.beginningDirect(peer)}</p>;
  }
  return (
    <p class="top-note loading">
      <span class="spinner" aria-hidden="true" />
      {said ? text.loadingOlder : text.loading}
    </p>
  );
}

/** Count as read what is in view, and return how many messages came below it. */
function useReading(session: Session, room: Room, atEnd: boolean): number {
  const visible = useVisible();
  const seen = useRef(room.top);
  const era = useRef(room.era);
  if (era.current !== room.era || atEnd) seen.current = room.top;
  era.current = room.era;
  useEffect(() => {
    if (atEnd && visible) session.markRead(room.name);
  }, [session, room.name, room.top, room.membership, atEnd, visible]);
  return room.top - seen.current;
}

/** Whoever sends something wants to see it. */
function useShowOwn(outbox: readonly Outgoing[], toEnd: () => void): void {
  const last = outbox.at(-1);
  const key = last && last.delivery !== "failed" ? last.id : "";
  useLayoutEffect(() => {
    if (key) toEnd();
  }, [key]);
}

/** Come in where the unread messages begin. */
function useShowDivider(list: { current: HTMLElement | null }, room: Room, note: () => void): void {
  const ready = room.history === "ready";
  useLayoutEffect(() => {
    const line = ready ? list.current?.querySelector(".divider") : null;
    if (!line) return;
    line.scrollIntoView({ block: "start" });
    note();
  }, [ready]);
}
