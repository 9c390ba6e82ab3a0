// Play all scenarios in one cell of the matrix, beside each other:
//   node matrix/run.mjs '{"transport": "sse", "port": 8000, "secret": "...", "key": "...", ...}'
// Says in a line of JSON what came of each. What needs the whole server to itself is played last, one after another:
// it says {"strike": ...} when a worker should die, and waits until it is told that this is done.
import { createInterface } from "node:readline";
import { Cell } from "./cell.mjs";
import * as chats from "./chats.mjs";
import * as identity from "./identity.mjs";
import * as recovery from "./recovery.mjs";
import * as rooms from "./rooms.mjs";
import * as server from "./server_side.mjs";
import * as strikes from "./strikes.mjs";
import * as unidirectional from "./unidirectional.mjs";

const settings = JSON.parse(process.argv[2]);
const WITHIN_MS = 40_000;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function strike(how) {
  console.log(JSON.stringify({ strike: how }));
  return JSON.parse((await lines.next()).value);
}

/** Return an error as a person reads it; the SDK rejects with plain objects, and fetch hides its cause. */
function told(error) {
  if (!error.stack) return JSON.stringify(error);
  return error.cause ? `${error.stack}\n${told(error.cause)}` : error.stack;
}

async function play([name, scenario]) {
  const cell = new Cell(settings);
  let alarm;
  const late = new Promise((_, reject) => {
    alarm = setTimeout(() => reject(new Error("it does not end")), WITHIN_MS);
  });
  try {
    await Promise.race([scenario(cell, strike), late]);
    console.log(JSON.stringify({ scenario: name }));
  } catch (error) {
    console.log(JSON.stringify({ scenario: name, failed: told(error) }));
  } finally {
    clearTimeout(alarm);
    cell.close();
  }
}

const wanted = ([name]) => !settings.only || settings.only === name;
const plain = settings.transport === "plain";
const together = (plain ? [unidirectional] : [rooms, chats, recovery, identity, server]).map((each) => each.scenarios);
const alone = plain ? {} : strikes.scenarios;
await Promise.all(together.flatMap(Object.entries).filter(wanted).map(play));
for (const each of Object.entries(alone).filter(wanted)) await play(each);
process.exit(0);
