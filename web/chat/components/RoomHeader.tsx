import { text } from "../i18n";
import { usersOf } from "../state/presence";
import type { Room } from "../state/types";
import { clockLabel, dayLabel } from "../text/dates";
import { peerOf } from "../text/names";
import { Avatar } from "./Avatar";
import { CopyLink } from "./CopyLink";
import { Icon } from "./Icon";

interface Props {
  readonly room: Room;
  readonly self: string;
  readonly unreadElsewhere: number;
  readonly onRooms: () => void;
  readonly onPeople: () => void;
}

/** The room's name, who is here in a word, and on a phone the ways to the drawers. */
export function RoomHeader({ room, self, unreadElsewhere, onRooms, onPeople }: Props) {
  const users = usersOf(room.presence, self, text.locale);
  const count = users.length;
  const peer = peerOf(room.name, self);
  const status = peer === null ? text.peopleCount(count) : users.includes(peer) || peer === self ? text.isHere : away(room.seen.get(peer) ?? 0);
  return (
    <header class="room-header">
      <button type="button" class="icon-button phone-only" aria-label={text.openRooms} onClick={onRooms}>
        <Icon name="menu" />
        {unreadElsewhere > 0 && <span class="dot" aria-hidden="true" />}
      </button>
      <div class="room-heading">
        <h1>
          {peer === null && (
            <span class="hash" aria-hidden="true">
              #
            </span>
          )}
          <span class="room-name" dir="auto">{peer ?? room.name}</span>
        </h1>
        <p class="room-status" aria-busy={!room.presence.known}>{room.presence.known ? status : text.peopleUnknown}</p>
      </div>
      {peer === null && <Faces users={users} />}
      {peer === null && <CopyLink kind="icon" />}
      <button type="button" class="icon-button phone-only" aria-label={text.openPeople(count)} onClick={onPeople}>
        <Icon name="people" />
      </button>
    </header>
  );
}

/** That somebody is away, and since when. */
function away(seen: number): string {
  if (seen === 0) return text.isAway;
  const day = dayLabel(seen, Date.now(), text);
  return text.lastSeen(`${day === text.today ? "" : `${day} `}${clockLabel(seen, text.locale)}`);
}

/** Faces that are shown of those who are here; the others are a number. */
const FACES = 5;

/** Who is here, at a glance; the list beside the conversation has the names. */
function Faces({ users }: { users: readonly string[] }) {
  if (users.length < 2) return null;
  return (
    <span class="faces" aria-hidden="true">
      {users.slice(0, FACES).map((user) => (
        <Avatar key={user} name={user || text.anonymous} small />
      ))}
      {users.length > FACES && <span class="faces-more">+{users.length - FACES}</span>}
    </span>
  );
}
