// Being in a room: publications, history, presence, joins and leaves, deltas, filters.
import assert from "node:assert/strict";
import { until } from "../stage.mjs";

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index }));
const plainInfo = (info) => ({ user: info.user, connInfo: info.connInfo, chanInfo: info.chanInfo });

export const scenarios = {
  async "publish and subscribe"(cell) {
    const zhang = await cell.actor("zhang", { claims: { info: { name: "Zhang" } } }).connected();
    const li = await cell.actor("li").connected();
    const channel = cell.channel("room");
    const rooms = [await zhang.follow(channel), await li.follow(channel)];
    for (const data of numbers(1, 20)) await zhang.publish(channel, data);
    for (const room of rooms) {
      await until("all publications", () => room.seen().length === 20);
      assert.deepEqual(room.seen(), numbers(1, 20));
      const [first] = room.noted("publication");
      assert.equal(first.offset, 1);
      assert.equal(first.info.user, "zhang");
      assert.deepEqual(first.info.connInfo, { name: "Zhang" });
      const [subscribed] = room.noted("subscribed");
      assert.deepEqual([subscribed.positioned, subscribed.recoverable], [true, true]);
    }
    rooms[1].subscription.unsubscribe();
    await rooms[0].subscription.publish(cell.pack({ n: 21 }));
    await until("the last", () => rooms[0].seen().length === 21);
    assert.equal(rooms[1].seen().length, 20);
  },

  async "page through history"(cell) {
    const zhang = await cell.actor("zhang").connected();
    const channel = cell.channel("room");
    const { subscription } = await zhang.follow(channel);
    for (const data of numbers(1, 9)) await zhang.publish(channel, data);
    const values = (page) => page.publications.map((each) => cell.unpack(each.data).n);

    const { offset, epoch, publications } = await subscription.history({});
    assert.deepEqual([offset, publications], [9, []]);
    const pages = [];
    for (let since; ; ) {
      const page = await subscription.history({ limit: 4, since });
      if (page.publications.length === 0) break;
      pages.push(values(page));
      since = { offset: page.publications.at(-1).offset, epoch };
    }
    assert.deepEqual(pages, [[1, 2, 3, 4], [5, 6, 7, 8], [9]]);
    assert.deepEqual(values(await subscription.history({ limit: 2, reverse: true })), [9, 8]);
    const older = { limit: 2, reverse: true, since: { offset: 4, epoch } };
    assert.deepEqual(values(await subscription.history(older)), [3, 2]);
    await assert.rejects(subscription.history({ limit: 1, since: { offset: 1, epoch: "other" } }), { code: 112 });
  },

  async "see who is there"(cell) {
    const zhang = await cell.actor("zhang", { claims: { info: { name: "Zhang" } } }).connected();
    const phone = await cell.actor("zhang").connected();
    const li = await cell.actor("li").connected();
    const channel = cell.channel("room");
    const token = cell.token({ sub: "li", channel, info: { chair: 3 } });
    const { subscription } = await zhang.follow(channel);
    await phone.follow(channel);
    await li.follow(channel, { token });
    await until("all are seen", async () => (await subscription.presenceStats()).numClients === 3);
    const { clients } = await subscription.presence();
    const infos = Object.values(clients).map((each) => plainInfo(cell.info(each)));
    assert.deepEqual(
      infos.sort((one, other) => JSON.stringify(one) < JSON.stringify(other) ? -1 : 1),
      [
        { user: "li", connInfo: undefined, chanInfo: { chair: 3 } },
        { user: "zhang", connInfo: { name: "Zhang" }, chanInfo: undefined },
        { user: "zhang", connInfo: undefined, chanInfo: undefined },
      ],
    );
    assert.deepEqual(await subscription.presenceStats(), { numClients: 3, numUsers: 2 });
    phone.close();
    await until("it has gone", async () => (await subscription.presenceStats()).numClients === 2);
  },

  async "be told of joins and leaves"(cell) {
    const zhang = await cell.actor("zhang").connected();
    const channel = cell.channel("room");
    const { notes } = await zhang.follow(channel, { joinLeave: true });
    const of = (event) => notes.filter((note) => note.event === event && note.info.user === "li").length;
    const quiet = await (await cell.actor("silent").connected()).follow(channel);
    const li = await cell.actor("li").connected();
    const { subscription } = await li.follow(channel);
    await until("li joins", () => of("join") === 1);
    subscription.unsubscribe();
    await until("li leaves", () => of("leave") === 1);
    subscription.subscribe();
    await until("li joins again", () => of("join") === 2);
    li.close();
    await until("li leaves with its connection", () => of("leave") === 2);
    assert.deepEqual([...quiet.noted("join"), ...quiet.noted("leave")], []);
  },

  async "be sent differences"(cell) {
    const line = await cell.line();
    const zhang = await cell.actor("zhang", { line }).connected();
    const li = await cell.actor("li").connected();
    const channel = cell.channel("delta");
    const room = await zhang.follow(channel, { delta: "fossil" });
    const whole = await li.follow(channel);
    const score = (n) => ({ home: "Real Madrid", away: "Liverpool", ground: "Santiago Bernabeu, Madrid", n });
    const scores = (count) => Array.from({ length: count }, (_, n) => score(n));
    for (const data of scores(6)) await li.publish(channel, data);
    await until("all scores", () => room.seen().length === 6);
    line.cut();
    for (const data of scores(10).slice(6)) await li.publish(channel, data);
    line.mend();
    await until("what was missed", () => room.seen().length === 10);
    await li.publish(channel, score(10));
    await until("it goes on", () => room.seen().length === 11 && whole.seen().length === 11);
    assert.deepEqual(room.seen(), scores(11));
    assert.deepEqual(whole.seen(), scores(11));
    assert.equal(room.noted("subscribed").at(-1).recovered, true);
    const stats = room.subscription.deltaStats();
    assert.ok(stats.numDeltaPayloads >= 5, JSON.stringify(stats));
  },

  async "filter by tags"(cell) {
    const zhang = await cell.actor("zhang").connected();
    const channel = cell.channel("tagged");
    const filter = {
      op: "and",
      nodes: [{ key: "ticker", cmp: "in", vals: ["A", "B"] }, { key: "price", cmp: "gt", val: "10" }],
    };
    const some = await zhang.follow(channel, { tagsFilter: filter });
    const all = await (await cell.actor("li").connected()).follow(channel);
    const trades = [["A", 9], ["A", 11], ["C", 12], ["B", 100], ["B", 2]];
    for (const [ticker, price] of trades)
      await cell.api("publish", { channel, data: { ticker, price }, tags: { ticker, price: String(price) } });
    await cell.api("publish", { channel, data: "untagged" });
    await until("everything", () => all.seen().length === 6);
    await until("the matching ones", () => some.seen().length === 2);
    assert.deepEqual(some.seen(), [{ ticker: "A", price: 11 }, { ticker: "B", price: 100 }]);
    assert.deepEqual(some.noted("publication")[1].tags, { ticker: "B", price: "100" });
  },
};
