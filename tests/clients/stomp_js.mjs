// Drive the real STOMP client against a running server:
//   node stomp_js.mjs "SCENARIO|..." VERSION,... PORT [PORT ...]     VERSION: 1.0, 1.1 or 1.2
// Exits with 0 when all that the scenarios assert held.
import assert from "node:assert/strict";
import { Client, Versions } from "@stomp/stompjs";
import SockJS from "sockjs-client";
import WebSocket from "ws";
import { Line, until } from "./stage.mjs";

const [wishes, versions, ...ports] = process.argv.slice(2);

/** A client which notes everything that happens to it. */
class Actor {
  constructor(version, login, { port = ports[0], query = "", sockjs = "", ...options } = {}) {
    this.errors = [];
    this.unhandled = [];
    this.connects = 0;
    this.receipts = 0;
    this.client = new Client({
      webSocketFactory: () =>
        sockjs
          ? new SockJS(`http://127.0.0.1:${port}/stomp${query}`, null, { transports: sockjs, timeout: 60_000 })
          : new WebSocket(`ws://127.0.0.1:${port}/stomp${query}`, new Versions([version]).protocolVersions()),
      stompVersions: new Versions([version]),
      connectHeaders: { login },
      reconnectDelay: 0,
      onConnect: (frame) => {
        this.hello = frame.headers;
        this.connects += 1;
      },
      onStompError: (frame) => this.errors.push(frame.headers),
      onUnhandledMessage: (message) => this.unhandled.push(message),
      ...options,
    });
    this.client.activate();
  }

  async connected() {
    await until("connected", () => this.client.connected);
    return this;
  }

  /** Do something that has a receipt, and return the headers of that. */
  async done(act) {
    const receipt = `r-${(this.receipts += 1)}`;
    let told;
    this.client.watchForReceipt(receipt, (frame) => (told = frame.headers));
    act({ receipt });
    return until(`receipt ${receipt}`, () => told);
  }

  /** Subscribe, wait for the receipt, and return what comes. */
  async follow(destination, headers = {}) {
    const notes = [];
    let subscription;
    const told = await this.done((wanted) => {
      subscription = this.client.subscribe(destination, (message) => notes.push(message), {
        ...headers,
        ...wanted,
      });
    });
    return { notes, told, subscription, seen: () => notes.map((message) => message.body) };
  }

  send(destination, body, options = {}) {
    const { headers, ...rest } = options;
    return this.done((wanted) =>
      this.client.publish({ destination, body, headers: { ...headers, ...wanted }, ...rest }),
    );
  }

  close() {
    return this.client.deactivate();
  }
}

const close = (...actors) => Promise.all(actors.map((actor) => actor.close()));

/** Return the scenarios, as clients of one version play them. */
const played = (version) => {
  const at = (login, options) => new Actor(version, login, options).connected();
  return {
    async "send and subscribe"(room) {
      const [zhang, li] = await Promise.all([at("zhang"), at("li", { port: ports.at(-1) })]);
      assert.equal(zhang.hello.version, version);
      const topic = `/topic/${room}`;
      const views = [await zhang.follow(topic), await li.follow(`/channel/${room}`)];
      const told = await zhang.send(topic, JSON.stringify({ text: "hi\u2028 \ud83d\ude00" }), {
        headers: { colour: "red" },
      });
      await li.send(topic, "just text");
      await li.send(topic, "");
      for (const { notes, seen, subscription } of views) {
        await until("three messages", () => notes.length === 3);
        assert.deepEqual(seen(), ['{"text":"hi\u2028 \ud83d\ude00"}', "just text", ""]);
        const [first] = notes;
        assert.equal(first.headers["message-id"], told["message-id"]);
        assert.equal(first.headers.subscription, subscription.id);
        assert.equal(first.headers["x-user"], "zhang");
        assert.equal(first.headers["content-type"], "application/json");
        assert.equal(first.headers.colour, "red");
      }
      assert.equal(views[0].notes[0].headers.destination, topic);
      assert.equal(views[1].notes[0].headers.destination, `/channel/${room}`);
      await li.done((wanted) => views[1].subscription.unsubscribe(wanted));
      await zhang.send(topic, "four");
      await until("the fourth", () => views[0].notes.length === 4);
      assert.equal(views[1].notes.length, 3);
      await close(zhang, li);
    },

    async "one order for all"(room) {
      const actors = await Promise.all(["a", "b", "c"].map((user, n) => at(user, { port: ports[n % ports.length] })));
      const views = await Promise.all(actors.map((actor) => actor.follow(`/topic/${room}`)));
      for (let n = 1; n <= 200; n += 1)
        for (const actor of actors) actor.client.publish({ destination: `/topic/${room}`, body: `${n}` });
      for (const { notes, seen } of views) {
        await until("600 messages", () => notes.length === 600);
        assert.deepEqual(seen(), views[0].seen());
      }
      await close(...actors);
    },

    async "binary and large bodies"(room) {
      const options = { splitLargeFrames: true, maxWebSocketChunkSize: 1000 };
      const [zhang, li] = await Promise.all([at("zhang", options), at("li", { forceBinaryWSFrames: true })]);
      const views = await Promise.all([zhang, li].map((actor) => actor.follow(`/topic/${room}`)));
      const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
      // No pair of surrogates: this client cuts between the halves, and sends two characters that are none.
      const large = JSON.stringify({ text: "\u00e4\u4e2d\u0000".repeat(3000) });
      await zhang.send(`/topic/${room}`, undefined, { binaryBody: bytes });
      await zhang.send(`/topic/${room}`, large);
      await li.send(`/topic/${room}`, "text in binary frames");
      for (const { notes, seen } of views) {
        await until("three messages", () => notes.length === 3);
        assert.deepEqual(notes[0].binaryBody, bytes);
        assert.equal(notes[0].headers["content-type"], "application/octet-stream");
        assert.deepEqual(seen().slice(1), [large, "text in binary frames"]);
      }
      await close(zhang, li);
    },

    async "two subscriptions to one topic"(room) {
      const zhang = await at("zhang");
      const [one, two] = [await zhang.follow(`/topic/${room}`), await zhang.follow(`/topic/${room}`)];
      await zhang.send(`/topic/${room}`, "1");
      await until("both", () => one.notes.length === 1 && two.notes.length === 1);
      await zhang.done((wanted) => one.subscription.unsubscribe(wanted));
      await zhang.send(`/topic/${room}`, "2");
      await until("the second", () => two.notes.length === 2);
      assert.deepEqual(one.seen(), ["1"]);
      await close(zhang);
    },

    async "transactions and acknowledgements"(room) {
      const zhang = await at("zhang");
      const { notes, seen } = await zhang.follow(`/topic/${room}`, { ack: "client" });
      const [kept, dropped] = [zhang.client.begin(), zhang.client.begin()];
      await zhang.send(`/topic/${room}`, "1", { headers: { transaction: kept.id } });
      await zhang.send(`/topic/${room}`, "never", { headers: { transaction: dropped.id } });
      await zhang.send(`/topic/${room}`, "2", { headers: { transaction: kept.id } });
      await zhang.send(`/topic/${room}`, "0");
      dropped.abort();
      kept.commit();
      await until("three messages", () => notes.length === 3);
      assert.deepEqual(seen(), ["0", "1", "2"]);
      for (const message of notes) await zhang.done((wanted) => message.ack(wanted));
      if (version !== "1.0") await zhang.done((wanted) => notes[2].nack(wanted));
      await close(zhang);
      assert.deepEqual(zhang.errors, []);
    },

    async "all or none of a transaction"(room) {
      const [zhang, li] = [await at("zhang"), await at("li", { port: ports.at(-1) })];
      const { seen } = await li.follow(`/topic/${room}`);
      const { id } = zhang.client.begin();
      await zhang.send(`/topic/${room}`, "never", { headers: { transaction: id } });
      await zhang.send("/topic/dialog#ann,bob", "never", { headers: { transaction: id } });
      zhang.client.commit(id);
      await until("an error", () => zhang.errors.length === 1);
      assert.match(zhang.errors[0].message, /number 2 of 2, and none of them is done/);
      await li.send(`/topic/${room}`, "after");
      await until("what came after", () => seen().length > 0);
      assert.deepEqual(seen(), ["after"]);
      await close(li);
    },

    async "choose among messages"(room) {
      const topic = `/topic/${room}`;
      const zhang = await at("zhang");
      const crowd = await Promise.all([0, 1, 2].map((n) => at(`w${n}`, { port: ports[n % ports.length] })));
      const wanted = { selector: "urgency >= 7 AND NOT (colour = 'grey' OR colour LIKE 'dark%')" };
      const heard = await Promise.all(
        crowd.map((each) => each.follow(topic, { ...wanted, id: crypto.randomUUID() })),
      );
      const long = "as long as what is worth to be compressed; ".repeat(100);
      const tags = [["9", "red"], ["9", "grey"], ["1", "red"], ["8.5", "dark red"], ["7", "blue"]];
      for (const [urgency, colour] of tags) await zhang.send(topic, colour + long, { headers: { urgency, colour } });
      for (const { notes, seen } of heard) {
        await until("what was chosen", () => notes.length === 2);
        assert.deepEqual(seen(), [`red${long}`, `blue${long}`]);
      }
      zhang.client.subscribe(topic, () => {}, { selector: "urgency + 1 > 7" });
      await until("an error", () => zhang.errors.length === 1);
      assert.match(zhang.errors[0].message, /selector/);
      await close(...crowd);
    },

    async "ask and answer"(room) {
      const [zhang, li] = [await at("zhang"), await at("li", { port: ports.at(-1) })];
      await li.done((wanted) =>
        li.client.subscribe(
          `/queue/${room}`,
          ({ body, headers }) => {
            const said = { "correlation-id": headers["correlation-id"] };
            li.client.publish({ destination: headers["reply-to"], body: `${body}!`, headers: said });
          },
          wanted,
        ),
      );
      for (const n of [1, 2, 3]) {
        const headers = { "reply-to": "/temp-queue/answers", "correlation-id": `${n}` };
        await zhang.send(`/queue/${room}`, `${n}`, { headers });
      }
      await until("three answers", () => zhang.unhandled.length === 3);
      assert.deepEqual(zhang.unhandled.map(({ body }) => body).sort(), ["1!", "2!", "3!"]);
      assert.deepEqual(zhang.unhandled.map(({ headers }) => headers["correlation-id"]).sort(), ["1", "2", "3"]);
      await close(zhang, li);
    },

    async "write to each other"(room) {
      const [zhangs, lis] = [`zhang-${room}`, `li-${room}`];
      const [zhang, phone] = [await at(zhangs), await at(lis, { query: "?device=phone" })];
      assert.equal(phone.hello["user-name"], lis);
      for (let n = 1; n <= 3; n += 1) await zhang.send(`/user/${encodeURIComponent(lis)}/reply`, `${n}`);
      const reply = "/user/topic/reply";
      const first = await phone.follow(reply, { ack: "client" });
      await until("what waited", () => first.notes.length === 3);
      assert.equal(first.notes[0].headers.destination, reply);
      assert.equal(first.notes[0].headers["x-user"], zhangs);
      await phone.done((wanted) => first.notes[1].ack(wanted));
      await close(phone);
      await zhang.send(`/user/${lis}/reply`, "4");
      const again = await at(lis, { query: "?device=phone", port: ports.at(-1) });
      const rest = await again.follow(reply, { ack: "client" });
      await until("the rest", () => rest.notes.length === 2);
      assert.deepEqual(rest.seen(), ["3", "4"]);
      const own = await zhang.follow("/user/queue/mine");
      await again.send(`/user/${zhangs}/x`, "thanks");
      await until("thanks", () => own.seen().includes("thanks"));
      await close(zhang, again);
    },

    async "compete for work"(room) {
      const queue = `/queue/${room}`;
      const boss = await at("boss");
      const hired = await Promise.all(["a", "b", "c"].map((user, n) => at(user, { port: ports[n % ports.length] })));
      for (let n = 1; n <= 10; n += 1) await boss.send(queue, `${n}`); // before anybody is there
      const follow = (actor, headers) => actor.follow(queue, { "prefetch-count": "5", ...headers });
      const [slow, ...others] = await Promise.all([
        follow(hired[0], { ack: version === "1.0" ? "client" : "client-individual" }),
        follow(hired[1], { ack: "auto" }),
        follow(hired[2], { ack: "auto" }),
      ]);
      for (let n = 11; n <= 200; n += 1) boss.client.publish({ destination: queue, body: `${n}` });
      const seen = () => [slow, ...others].flatMap((view) => view.seen().map(Number));
      await until("all of them", () => new Set(seen()).size === 200);
      assert.equal(seen().length, 200);
      assert.ok(slow.notes.length >= 1 && slow.notes.length <= 5, "it may have five, and acknowledged none");
      // One is done; the others go elsewhere when the page is closed.
      await hired[0].done((wanted) => slow.notes[0].ack(wanted));
      const back = slow.notes.slice(1).map((message) => message.body);
      const finished = slow.notes[0].body;
      await close(hired[0]);
      await until("what was not done", () => back.every((body) => others.some((view) => view.seen().includes(body))));
      assert.ok(!others.some((view) => view.seen().includes(finished)));
      await close(boss, ...hired.slice(1));
    },

    async "go over SockJS"(room) {
      const kinds = ["websocket", "xhr-streaming", "xhr-polling"];
      const beats = [0, 0, 0];
      const actors = await Promise.all(
        kinds.map((sockjs, n) =>
          at(sockjs, {
            sockjs,
            heartbeatIncoming: 500,
            heartbeatOutgoing: 500,
            heartbeatToleranceMultiplier: 5, // other tests want the processor too
            debug: (line) => (beats[n] += line === "<<< PONG"),
          }),
        ),
      );
      const views = await Promise.all(actors.map((actor) => actor.follow(`/topic/${room}`)));
      for (let n = 1; n <= 20; n += 1)
        await Promise.all(actors.map((actor, who) => actor.send(`/topic/${room}`, JSON.stringify({ who, n }))));
      for (const view of views) {
        await until("60 messages", () => view.notes.length === 60);
        assert.deepEqual(view.seen(), views[0].seen());
      }
      if (version !== "1.0") await until("beats", () => beats.every((count) => count >= 2));
      await close(...actors);
      assert.deepEqual(actors.flatMap((actor) => actor.errors), []);
    },

    async "recover after a cut"(room) {
      const line = await Line.to(ports[0]);
      const li = await at("li", { port: ports.at(-1) });
      const topic = `/topic/${room}`;
      const notes = [];
      let told;
      const zhang = new Actor(version, "zhang", {
        port: line.port,
        reconnectDelay: 20,
        onConnect() {
          // What a page does: it goes on behind the last message that it has.
          const last = notes.at(-1)?.headers["message-id"];
          zhang.connects += 1;
          zhang.client.watchForReceipt(`back-${zhang.connects}`, (frame) => (told = frame.headers));
          zhang.client.subscribe(topic, (message) => notes.push(message), {
            receipt: `back-${zhang.connects}`,
            ...(last && { "x-since": last }),
          });
        },
      });
      await until("subscribed", () => told);
      for (let n = 1; n <= 3; n += 1) await li.send(topic, `${n}`);
      await until("three messages", () => notes.length === 3);
      line.cut();
      for (let n = 4; n <= 50; n += 1) await li.send(topic, `${n}`);
      line.mend();
      await until("all of them", () => notes.length === 50);
      assert.equal(told["x-recovered"], "true");
      await li.send(topic, "51");
      await until("the next", () => notes.length === 51);
      assert.deepEqual(notes.map((message) => message.body), Array.from({ length: 51 }, (_, n) => `${n + 1}`));
      await close(zhang, li);
      line.close();
    },

    async "be refused"() {
      const zhang = await at("zhang");
      zhang.client.subscribe("/nowhere/at-all", () => {});
      await until("an error", () => zhang.errors.length === 1);
      assert.match(zhang.errors[0].message, /no such destination/);
      await until("the end", () => !zhang.client.connected);
      const forged = new Actor(version, "zhang", { connectHeaders: { token: "forged" } });
      await until("an error", () => forged.errors.length === 1);
      assert.equal(forged.errors[0]["x-code"], "3500");
      await close(zhang, forged);
    },

    async "beat"() {
      let beats = 0;
      const counted = { heartbeatIncoming: 500, heartbeatOutgoing: 500, heartbeatToleranceMultiplier: 5 };
      const zhang = await at("zhang", { ...counted, debug: (line) => (beats += line === "<<< PONG") });
      const [sends, wants] = (zhang.hello["heart-beat"] ?? "0,0").split(",").map(Number);
      if (version === "1.0") assert.deepEqual([sends, wants], [0, 0]);
      else {
        assert.deepEqual([sends, wants], [2000, 1000]);
        await until("three beats", () => beats >= 3);
      }
      // For longer than the server hears of somebody silent: 12 seconds.
      await new Promise((resolve) => setTimeout(resolve, 13_500));
      assert.ok(zhang.client.connected);
      await close(zhang);
    },

    async "talk to functions"(room) {
      const zhang = await at("zhang", { query: `?roomid=${room}` });
      const answers = await zhang.follow("/temp-queue/answers");
      const ask = (method, body, id, options = {}) =>
        zhang.send(`/app/${method}`, body, {
          headers: { "reply-to": "/temp-queue/answers", "correlation-id": id, ...options.headers },
          binaryBody: options.binaryBody,
        });
      await ask("join", JSON.stringify({ username: "Zhang" }), "1");
      await ask("reverse", undefined, "2", { binaryBody: Uint8Array.of(1, 2, 3) });
      await ask("forbidden", undefined, "3");
      await until("three answers", () => answers.notes.length === 3);
      const [joined, reversed, refused] = answers.notes;
      assert.deepEqual(answers.notes.map((message) => message.headers["correlation-id"]), ["1", "2", "3"]);
      assert.equal(JSON.parse(joined.body).room, room);
      assert.deepEqual(reversed.binaryBody, Uint8Array.of(3, 2, 1));
      assert.deepEqual([refused.headers["x-code"], refused.body], ["103", "not you"]);
      // The function made it join: that subscription is the server's, and called like its destination.
      await zhang.send("/app/say", JSON.stringify({ text: "hi" }));
      await until("the room", () => zhang.unhandled.length === 1);
      assert.equal(zhang.unhandled[0].headers.destination, `/topic/${room}`);
      assert.equal(JSON.parse(zhang.unhandled[0].body).data, "hi");
      const greeting = await zhang.follow("/app/greet me");
      await until("an answer", () => greeting.notes.length === 1);
      await close(zhang);
    },
  };
};

const plays = versions.split(",").flatMap((version) => {
  const scenarios = played(version);
  return wishes
    .split("|")
    .map((wish) => scenarios[wish](`${wish.replaceAll(" ", "-")}-${version}-${process.pid}`));
});
await Promise.all(plays);
process.exit(0);
