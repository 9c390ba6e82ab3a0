/** English. This table is also the pattern for the other languages. */

import { plural } from "../../chat/i18n/plural";

const count = plural("en");

export const en = {
  tag: "en",
  locale: "en",
  title: "Hubbub admin",
  skip: "Skip to the content",
  sections: "Sections",

  // the way in
  loginTitle: "Admin",
  loginIntro: "Show a key of the API, or the admin password.",
  secret: "Key or password",
  logIn: "Log in",
  logOut: "Log out",
  password: "Password",
  wrongSecret: "This is no key, and not the password.",
  tooMany: "Too many attempts. Wait a few seconds.",
  expired: "The login is over. Log in again.",
  closedTitle: "The admin page is closed",
  closedText: "This server is not open to everybody, and it has neither a key nor a password for this page. Set one, and restart it:",
  unreachable: "The server cannot be reached.",
  openServer: "Open server",
  openHint: "Everybody who reaches this server may do everything.",
  loggedInAs: (name: string) => `Logged in with ${name}`,

  // sections
  overview: "Overview",
  channels: "Channels",
  users: "Users",
  publish: "Publish",
  trace: "Trace",

  // overview
  sessions: "Sessions",
  subscriptions: "Subscriptions",
  messagesIn: "Published",
  messagesOut: "Delivered",
  perSecond: "per second",
  messages: "Messages",
  messagesHint: "per second, all nodes",
  latency: "Latency",
  latencyHint: "from a publish to the node's feed",
  lag: "Event loop",
  lagHint: "how late it was at worst",
  memory: "Memory",
  memoryHint: "of each process",
  nodes: "Nodes",
  node: "Node",
  worker: (n: number) => `Worker ${n}`,
  port: (n: number) => `port ${n}`,
  cpu: "CPU",
  uptime: "Up",
  version: "Version",
  now: "now",
  all: "all nodes",
  chartNow: (what: string, now: string, most: string) => `${what}: ${now} now, ${most} at most`,
  chartEmpty: (what: string) => `${what}: nothing measured yet`,
  gathering: "The first measurement comes in a few seconds.",
  workerDown: (worker: number, host: string, deaths: number, how: string) =>
    `Worker ${worker} of ${host} died ${count(deaths, { one: "once", other: `${deaths} times in a row` })}: ${how}`,
  nodesMissing: (names: string) => `No answer from ${names}; numbers may lack their part.`,

  // tables
  search: "Search",
  searchHint: "* is any text",
  name: "Name",
  subscribers: "Subscribers",
  next: "Next",
  previous: "Previous",
  nothingFound: "Nothing fits.",
  noChannels: "Nobody follows any channel.",
  noUsers: "Nobody with a name is connected.",
  loading: "Loading …",
  close: "Close",
  back: "Back",
  retry: "Try again",

  // a channel
  history: "Messages",
  historyEmpty: "No message is kept.",
  historyNone: "This channel keeps no history. What is said from now on can be traced.",
  position: (offset: number) => `${offset} so far`,
  noSubscribers: "Nobody follows it.",
  nobody: "no name",
  live: "live",
  publishHere: "Publish here",
  traceChannel: "Trace",
  binary: "bytes, in base64",

  // users and sessions
  user: "User",
  session: "Session",
  numSessions: (n: number) => count(n, { one: "1 session", other: `${n} sessions` }),
  protocol: "Protocol",
  from: "From",
  connected: "Connected",
  backlog: "Waiting for it",
  groups: "Groups",
  follows: "Follows",
  followsNothing: "It follows no channel.",
  kick: "Kick",
  kickUser: "Kick all sessions",
  kickUserAsk: (who: string) => `End all sessions of ${who}?`,
  kickSessionAsk: (who: string) => `End this session of ${who}?`,
  kickHint: "The client is told so, and does not come back by itself.",
  kicked: (n: number) => count(n, { one: "1 session ended", other: `${n} sessions ended` }),
  traceUser: "Trace",
  cancel: "Cancel",
  gone: "It is not connected any more.",

  // publishing
  channel: "Channel",
  payload: "Message",
  payloadHint: "JSON, or text that becomes a string",
  asJson: "goes out as JSON",
  asText: "goes out as a string",
  tags: "Tags",
  tagsHint: "name=value, separated by commas",
  send: "Publish",
  published: (channel: string, offset: number) => (offset ? `Published to ${channel} as ${offset}` : `Published to ${channel}`),
  refused: (reason: string) => `Refused: ${reason}`,
  mayNot: (method: string) => `Your key is not good for ${method}.`,

  // tracing
  traceIntro: "See what a user's clients say and are told, or what is said in a channel, as it happens. Others do not notice.",
  traceWhat: "What",
  traceKinds: { user: "A user", session: "A session", channel: "A channel" },
  traceName: "Name",
  start: "Start",
  stop: "Stop",
  clear: "Clear",
  stopped: "stopped",
  waiting: "Nothing happened yet.",
  lost: (n: number) => count(n, { one: "1 event was too many", other: `${n} events were too many` }),
  ways: { in: "from the client", out: "to the client", note: "what happened" },

  // pushing
  push: "Push",
  pushUser: (who: string) => `Push to all sessions of ${who}`,
  pushSession: (who: string) => `Push to this session of ${who}`,
  event: "Event",
  eventHint: "a name, if it has one",
  pushed: (status: string) =>
    ({ delivered: "Delivered", offline: "Nobody is there", gone: "It is no more", unknown: "A node did not answer" })[status] ?? status,

  seconds: (n: number) => `${n} s`,
  minutes: (n: number) => `${n} min`,
  hours: (n: number) => `${n} h`,
  days: (n: number) => `${n} d`,
};

/** What a language must say. */
export type Text = typeof en;
