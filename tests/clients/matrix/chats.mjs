// What chats have beside messages: writers, edits, deletions, reactions, receipts, mentions, and who was there.
import assert from "node:assert/strict";
import { until } from "../stage.mjs";

/** Return what a room was told of one kind ("" : messages), as values. */
const told = (room, kind) =>
  room.noted("publication").filter((note) => (note.tags?.kind ?? "") === kind);

export const scenarios = {
  async "take part in a chat"(cell) {
    const zhang = await cell.actor("zhang").connected();
    const phone = await cell.actor("li").connected();
    const li = await cell.actor("li").connected();
    const channel = cell.channel("chat");
    const room = await zhang.follow(channel);
    for (const each of [phone, li]) await each.follow(channel);

    for (let key = 0; key < 5; key += 1) await li.rpc("hubbub.typing", { channel });
    await until("a writer", () => told(room, "typing").length >= 1);
    assert.deepEqual(told(room, "typing")[0].data, { typing: true, for_s: 6 });
    assert.equal(told(room, "typing")[0].info.user, "li");

    await li.publish(channel, { text: "helo", to: ["zhang"] });
    const edit = await phone.rpc("hubbub.edit", { channel, offset: 1, data: { text: "hello" } });
    assert.equal(edit.offset, 2);
    await zhang.rpc("hubbub.react", { channel, offset: 1, reaction: "👍" });
    await assert.rejects(zhang.rpc("hubbub.edit", { channel, offset: 1, data: 1 }), { code: 103 });
    await assert.rejects(zhang.rpc("hubbub.edit", { channel, offset: 9, data: 1 }), { code: 108 });
    await assert.rejects(zhang.rpc("hubbub.edit", { channel }), { code: 107 });
    await assert.rejects(zhang.rpc("hubbub.nothing", { channel }), { code: 104 });
    await until("a reaction", () => told(room, "reaction").length === 1);
    const [said] = told(room, "edit");
    assert.deepEqual([said.data, said.tags.about, said.offset], [{ text: "hello" }, "1", 2]);
    assert.deepEqual(told(room, "reaction")[0].data, { reaction: "👍" });

    const rooms = (await zhang.rpc("hubbub.rooms", { channels: [channel, cell.channel("chat")] })).rooms;
    assert.deepEqual(Object.values(rooms).map((each) => each.unread), [1, 0]);
    assert.deepEqual(await zhang.rpc("hubbub.mark", { channel, read: 1 }), { read: 1, received: 1 });
    assert.deepEqual(await li.rpc("hubbub.receipts", { channel }), { users: { zhang: { read: 1, received: 1 } } });
    await until("a reader", () => told(room, "read").length === 1);
    assert.equal((await zhang.rpc("hubbub.rooms", { channels: [channel] })).rooms[channel].unread, 0);
    const inbox = await zhang.rpc("hubbub.inbox_pull", {});
    assert.ok(inbox.messages.some(({ tags, data }) => tags?.mention === channel && data.offset === 1));

    await li.rpc("hubbub.status", { channel, state: "away" });
    const { users } = await zhang.rpc("hubbub.people", { channel });
    assert.deepEqual(users, { zhang: { online: true }, li: { online: true, state: "away" } });

    await cell.api("delete", { channel, offset: 1 });
    await until("a deletion", () => told(room, "delete").length === 1);
    const { publications } = await room.subscription.history({ limit: 10 });
    assert.deepEqual(publications.map((each) => cell.unpack(each.data)), [null, null, { reaction: "👍" }, null]);
    assert.deepEqual(publications.map((each) => each.tags.kind), ["deleted", "deleted", "reaction", "delete"]);
  },
};
