import { useEffect, useState } from "preact/hooks";
import { Mark } from "../../chat/components/Icon";
import { Refusal, type Server } from "../data/server";
import type { Standing } from "../data/types";
import { text } from "../i18n";
import { Frame } from "./Frame";
import { Login } from "./Login";

/** The page: who somebody is first, then what there is to see. */
export function App({ server }: { server: Server }) {
  const [standing, setStanding] = useState<Standing | null>(null);
  const [fault, setFault] = useState("");
  const look = async (): Promise<void> => {
    setFault("");
    try {
      setStanding(await server.standing());
    } catch (reason) {
      setFault(reason instanceof Refusal ? reason.message : text.unreachable);
    }
  };
  useEffect(() => {
    document.title = text.title;
    server.onExpired = () => {
      setStanding({ state: "out", version: "" });
      setFault(text.expired);
    };
    void look();
  }, [server]);

  if (standing?.state === "in") {
    const leave = async (): Promise<void> => {
      await server.logOut();
      await look();
    };
    return <Frame server={server} welcome={standing} onLeave={() => void leave()} />;
  }
  return (
    <main class="entrance">
      <div class="card entrance-card">
        <Mark />
        {standing?.state === "out" && <Login server={server} hint={fault} onIn={setStanding} />}
        {standing?.state === "closed" && <Closed />}
        {standing === null && (fault ? <Unreached fault={fault} onRetry={() => void look()} /> : <p>{text.loading}</p>)}
      </div>
    </main>
  );
}

function Closed() {
  return (
    <>
      <h1>{text.closedTitle}</h1>
      <p class="hint">{text.closedText}</p>
      <pre class="sample">{'[admin]\npassword = "…"\n'}</pre>
      <pre class="sample">HUBBUB_ADMIN__PASSWORD=…</pre>
    </>
  );
}

function Unreached({ fault, onRetry }: { fault: string; onRetry: () => void }) {
  return (
    <>
      <p role="alert">{fault}</p>
      <button type="button" class="button" onClick={onRetry}>
        {text.retry}
      </button>
    </>
  );
}
