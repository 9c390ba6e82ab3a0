/** What is heard in rooms, and whom it concerns. */

import { text } from "./i18n";
import type { Marks } from "./marks";
import { notify } from "./notify";
import type { Said } from "./state/incoming";
import { roomOf } from "./state/reducer";
import type { Store } from "./state/store";
import type { Keep } from "./storage/keep";
import { peerOf } from "./text/names";

/** Users that one message may call. */
const MENTION_LIMIT = 20;

export class Attention {
  readonly #store: Store;
  readonly #keep: Keep;
  readonly #marks: Marks;
  readonly #open: (room: string) => void;

  constructor(store: Store, keep: Keep, marks: Marks, open: (room: string) => void) {
    this.#store = store;
    this.#keep = keep;
    this.#marks = marks;
    this.#open = open;
  }

  /** Whether notifications are wished for, and may be shown. */
  get notifies(): boolean {
    return this.#keep.notifies() && notify.allowed();
  }

  /** Ask the browser for leave to notify, or stop; return what holds then. */
  async setNotifies(wished: boolean): Promise<boolean> {
    this.#keep.setNotifies(wished && (await notify.ask()));
    return this.notifies;
  }

  hear(room: string, { message, aside, sign }: Said): void {
    const store = this.#store;
    if (message) {
      store.dispatch({ type: "received", room, message });
      if (message.sender !== store.state.user) this.#marks.received(room, message.offset);
      this.#announce(room, message.sender, message.text);
    }
    if (aside) store.dispatch({ type: "annotated", room, aside });
    if (sign?.kind === "typing") {
      const until = sign.forMs > 0 ? Date.now() + sign.forMs : 0;
      store.dispatch({ type: "typed", room, user: sign.sender, until });
    } else if (sign?.kind === "online") {
      store.dispatch({ type: "seen", room, users: new Map([[sign.sender, sign.seen]]) });
    } else if (sign) {
      store.dispatch({ type: "marked", room, user: sign.sender, kind: sign.kind, upto: sign.upto });
    }
  }

  /** Show a notification of what is meant for oneself and not seen. */
  #announce(room: string, sender: string, said: string): void {
    const { user, active } = this.#store.state;
    const meant = peerOf(room, user) !== null || said.includes(`@${user}`);
    const seen = document.visibilityState === "visible" && document.hasFocus() && active === room;
    if (meant && !seen && sender !== user && this.notifies) {
      notify.show(sender || text.anonymous, said, room, () => this.#open(room));
    }
  }

  /** Whom a message is for: the other one in a room of two, and who is called by name. */
  meant(room: string, said: string): readonly string[] {
    const { user } = this.#store.state;
    const peer = peerOf(room, user);
    if (peer !== null) return peer === user ? [] : [peer];
    const here = new Set(roomOf(this.#store.state, room)?.presence.clients.values() ?? []);
    return [...here].filter((name) => name && name !== user && said.includes(`@${name}`)).slice(0, MENTION_LIMIT);
  }
}
