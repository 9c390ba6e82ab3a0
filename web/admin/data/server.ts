/** The server behind the page: its session, and its methods. The browser keeps the login where no script sees it. */

import type { Standing, Welcome } from "./types";

/** What the server said instead of a result. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

/** The code of a login that is missing or over. */
export const UNAUTHORIZED = 101;

/** The code of something that a channel's options do not have. */
export const NOT_AVAILABLE = 108;

const SILENCE_MS = 10_000;

interface Envelope<T> {
  readonly result?: T;
  readonly error?: { readonly code: number; readonly message: string };
}

export class Server {
  /** Called when the login is over. */
  onExpired: () => void = () => undefined;
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** Ask whether this browser is let in. */
  async standing(): Promise<Standing> {
    return (await this.#read(await this.#send("session", "GET"))) as Standing;
  }

  async logIn(secret: string): Promise<Welcome> {
    return (await this.#read(await this.#send("session", "POST", { secret }))) as Welcome;
  }

  async logOut(): Promise<void> {
    await this.#send("session", "DELETE");
  }

  /** Call a method of the server's API. Throws `Refusal`, or TypeError where the server is not reached. */
  async call<T>(method: string, request: object = {}): Promise<T> {
    const answer = await this.#send(`api/${method}`, "POST", request);
    const { result, error } = (await answer.json()) as Envelope<T>;
    if (result !== undefined) return result;
    const refusal = new Refusal(error?.code ?? answer.status, error?.message ?? answer.statusText);
    if (refusal.code === UNAUTHORIZED) this.onExpired();
    throw refusal;
  }

  async #read(answer: Response): Promise<unknown> {
    const said = (await answer.json()) as { readonly error?: { readonly message: string } };
    if (!answer.ok) throw new Refusal(answer.status, said.error?.message ?? answer.statusText);
    return said;
  }

  async #send(path: string, method: string, body?: object): Promise<Response> {
    return await fetch(new URL(path, this.#base), {
      method,
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(SILENCE_MS),
      ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
  }
}
