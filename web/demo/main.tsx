/** Looks of the chat page without a server: /demo/?scene=busy. Served by `npm run dev` only, never built. */

import { render } from "preact";
import { App } from "../chat/components/App";
import { text } from "../chat/i18n";
import { Session } from "../chat/session";
import { Keep } from "../chat/storage/keep";
import "../chat/styles/index.css";
import { SCENES } from "./scenes";

const scene = new URLSearchParams(window.location.search).get("scene") ?? "busy";
const session = new Session(new Keep(null), "ws://127.0.0.1:1/");
for (const action of SCENES[scene]?.(Date.now()) ?? []) session.store.dispatch(action);
document.documentElement.lang = text.tag;
render(<App session={session} />, document.getElementById("app")!);
