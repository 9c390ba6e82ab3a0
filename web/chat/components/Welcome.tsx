import { text } from "../i18n";
import { Mark } from "./Icon";
import { NameForm } from "./NameForm";

/** The first thing that a newcomer sees. */
export function Welcome({ room, onName }: { room: string; onName: (name: string) => void }) {
  return (
    <main class="welcome">
      <div class="welcome-card">
        <Mark />
        <h1>Hubbub</h1>
        <p class="tagline">{text.tagline}</p>
        <p class="intro">{text.intro}</p>
        <NameForm initial="" submit={text.enter} onName={onName} />
        <p class="welcome-room">{text.enterRoom(room)}</p>
      </div>
    </main>
  );
}
