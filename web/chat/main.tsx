/** Start the page. */

import { render } from "preact";
import { App } from "./components/App";
import { text } from "./i18n";
import { Session } from "./session";
import { Keep } from "./storage/keep";
import "./styles/index.css";

function browserStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function endpoint(): string {
  const url = new URL("connection/websocket", document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

document.documentElement.lang = text.tag;
const session = new Session(new Keep(browserStorage()), endpoint());
session.start();
render(<App session={session} />, document.getElementById("app")!);
