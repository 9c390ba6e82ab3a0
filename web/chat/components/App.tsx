import { useEffect } from "preact/hooks";
import type { Session } from "../session";
import { unreadOf } from "../state/room";
import type { State } from "../state/types";
import { peerOf } from "../text/names";
import { Chat } from "./Chat";
import { Welcome } from "./Welcome";
import { useStore } from "./hooks";

/** The page: a name first, then the rooms. */
export function App({ session }: { session: Session }) {
  const state = useStore(session.store);
  useTitle(state);
  if (!state.user) return <Welcome room={state.active} onName={(name) => session.setName(name)} />;
  return <Chat session={session} state={state} />;
}

function useTitle(state: State): void {
  const unread = state.rooms.reduce((sum, room) => sum + unreadOf(room), 0);
  const place = peerOf(state.active, state.user) ?? `# ${state.active}`;
  const title = `${unread > 0 ? `(${unread}) ` : ""}${state.user ? `${place} · ` : ""}Hubbub`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
