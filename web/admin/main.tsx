/** Start the admin page. */

import { render } from "preact";
import { App } from "./components/App";
import { Server } from "./data/server";
import { text } from "./i18n";
import "./styles/index.css";

document.documentElement.lang = text.tag;
render(<App server={new Server(document.baseURI)} />, document.getElementById("app")!);
