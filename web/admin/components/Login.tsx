import { useState } from "preact/hooks";
import { Refusal, type Server } from "../data/server";
import type { Welcome } from "../data/types";
import { text } from "../i18n";

interface Props {
  readonly server: Server;
  readonly hint: string;
  readonly onIn: (welcome: Welcome) => void;
}

/** Ask for a key or the password. It is a form like any other, so that the browser can keep the secret. */
export function Login({ server, hint, onIn }: Props) {
  const [secret, setSecret] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState(hint);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!secret || busy) return;
    setBusy(true);
    setFault("");
    try {
      onIn(await server.logIn(secret));
    } catch (reason) {
      setFault(explained(reason));
      setBusy(false);
    }
  };
  return (
    <form class="login" onSubmit={(event) => void submit(event)}>
      <h1>{text.loginTitle}</h1>
      <p class="hint">{text.loginIntro}</p>
      <input type="text" class="hidden" autocomplete="username" value="admin" tabIndex={-1} aria-hidden="true" readOnly />
      <label for="secret">{text.secret}</label>
      <input
        id="secret"
        class="field"
        type="password"
        autocomplete="current-password"
        autofocus
        value={secret}
        onInput={(event) => setSecret(event.currentTarget.value)}
      />
      <p class="fault" role="alert">
        {fault}
      </p>
      <button type="submit" class="button" disabled={!secret || busy}>
        {text.logIn}
      </button>
    </form>
  );
}

function explained(reason: unknown): string {
  if (!(reason instanceof Refusal)) return text.unreachable;
  if (reason.code === 401) return text.wrongSecret;
  return reason.code === 429 ? text.tooMany : reason.message;
}
