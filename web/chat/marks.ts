/** Tells the server how far one has got: not with every message, and nothing twice. */

type Tell = (room: string, marks: { readonly read: number } | { readonly received: number }) => Promise<void>;

const PAUSE_MS = 500;

interface Mark {
  read: number;
  received: number;
  toldRead: number;
  toldReceived: number;
}

export class Marks {
  readonly #rooms = new Map<string, Mark>();
  readonly #tell: Tell;
  #timer = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  read(room: string, offset: number): void {
    const mark = this.#of(room);
    mark.read = Math.max(mark.read, offset);
    this.#later();
  }

  received(room: string, offset: number): void {
    const mark = this.#of(room);
    mark.received = Math.max(mark.received, offset);
    this.#later();
  }

  #of(room: string): Mark {
    const known = this.#rooms.get(room) ?? { read: 0, received: 0, toldRead: 0, toldReceived: 0 };
    this.#rooms.set(room, known);
    return known;
  }

  #later(): void {
    if (!this.#timer) this.#timer = window.setTimeout(() => this.#tellAll(), PAUSE_MS);
  }

  #tellAll(): void {
    this.#timer = 0;
    for (const [room, mark] of this.#rooms) {
      if (mark.read > mark.toldRead) {
        const { read } = mark;
        mark.toldRead = read;
        // What is read is received.
        mark.toldReceived = Math.max(mark.toldReceived, read);
        this.#say(room, { read });
      } else if (mark.received > mark.toldReceived) {
        mark.toldReceived = mark.received;
        this.#say(room, { received: mark.received });
      }
    }
  }

  /** A mark that is lost comes with the next one, which is larger. */
  #say(room: string, marks: { readonly read: number } | { readonly received: number }): void {
    void this.#attempt(room, marks);
  }

  async #attempt(room: string, marks: { readonly read: number } | { readonly received: number }): Promise<void> {
    try {
      await this.#tell(room, marks);
    } catch {
      // Receipts are switched off, or the connection is.
    }
  }
}
