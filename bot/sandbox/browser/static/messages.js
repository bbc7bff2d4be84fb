// The messages of a conversation or a thread, with what can be done to each.

import { act } from "./api.js";
import { contentOf } from "./blocks.js";
import { avatar, fill, h, icon } from "./dom.js";
import { menuButton } from "./menus.js";
import { clockTime, day, dayHeading, wall } from "./time.js";

const TOGETHER = 300; // seconds within which messages of one author stand under one name
const AT_THE_END = 80; // pixels from the bottom at which one still follows what comes

/** A list of messages that follows the conversation while one is at its end. */
export class Messages {
  /** `place` says where: { room, thread }. */
  constructor(app, label) {
    this.app = app;
    this.nodes = new Map();
    this.where = "";
    this.element = h("div", { class: "messages", role: "log", tabindex: "0", aria: { label } });
  }

  update(list, reader, { room, thread, newFrom, leftOut = 0 }) {
    const where = `${reader.me} ${room} ${thread}`;
    const isElsewhere = where !== this.where;
    const end = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight;
    const follow = isElsewhere || end < AT_THE_END;
    if (isElsewhere) this.nodes.clear();
    this.where = where;
    const today = day(reader.now, reader.zone);
    const rows = [];
    let before = null;
    let isNewShown = false;
    if (leftOut)
      rows.push(h("p", { class: "empty" }, `${leftOut} earlier messages are not shown.`));
    for (const message of list) {
      const at = Number(message.ts);
      const isFirstOfDay = !before || day(Number(before.ts), reader.zone) !== day(at, reader.zone);
      if (isFirstOfDay && !thread)
        rows.push(
          h("div", { class: "day" }, h("span", {}, dayHeading(at, reader.zone, reader.now))),
        );
      if (newFrom && !isNewShown && message.ts > newFrom && !message.is_mine) {
        isNewShown = true;
        rows.push(h("div", { class: "new-from" }, h("span", {}, "New")));
      }
      const joins = !isFirstOfDay && before && follows(before, message);
      rows.push(this.row(message, joins, today, reader, room, thread));
      before = message;
    }
    arrange(this.element, rows);
    if (follow) this.element.scrollTop = this.element.scrollHeight;
  }

  row(message, joins, today, reader, room, thread) {
    const drawn = JSON.stringify([message, joins, today, thread]);
    const known = this.nodes.get(message.ts);
    if (known && (known.drawn === drawn || known.isEdited)) return known.node;
    const node = this.draw(message, joins, reader, room, thread);
    if (known && known.node.contains(document.activeElement)) refocus(node, document.activeElement);
    this.nodes.set(message.ts, { drawn, node });
    return node;
  }

  draw(message, joins, reader, room, thread) {
    const author = reader.names[message.author];
    const name = message.shown_as ?? author?.name ?? "somebody";
    const isApp = Boolean(author?.is_app) && !message.shown_as;
    const at = Number(message.ts);
    const time = h(
      "time",
      { class: "at", title: wall(at, reader.zone, { seconds: true }) },
      clockTime(at, reader.zone),
    );
    const head = h(
      "div",
      { class: "message-head" },
      h("span", { class: "author" }, name),
      author?.is_app && h("span", { class: "tag" }, "APP"),
      author?.organisation && h("span", { class: "from" }, author.organisation),
      time,
    );
    const flags = [
      message.is_pinned && h("p", { class: "flag pinned" }, icon("pin"), "Pinned"),
      message.is_private && h("p", { class: "flag" }, "Only visible to you"),
    ];
    const place = this.placeOf(message, room);
    return h(
      "article",
      {
        class: `message ${joins ? "joins" : ""} ${message.is_private ? "private" : ""} ${message.is_pinned ? "is-pinned" : ""}`,
        data: { ts: message.ts },
      },
      h("div", { class: "gutter" }, joins ? time : avatar(name, { isApp })),
      h(
        "div",
        { class: "message-body" },
        flags,
        !joins && head,
        h("div", { class: "content" }, contentOf(message, reader, place)),
        message.is_edited && h("span", { class: "edited" }, "(edited)"),
        message.files.map((file) =>
          h(
            "div",
            { class: "file" },
            icon("file"),
            h("span", {}, file.name),
            h("small", {}, size(file.size)),
          ),
        ),
        message.links.map((title) => h("div", { class: "unfurled" }, title)),
        !thread && message.replies > 0 && this.threadLine(message, reader, room),
      ),
      this.tools(message, reader, room, thread),
    );
  }

  placeOf(message, room) {
    const told = async (what, block, item, details) => {
      const where = { room, ts: message.ts, block: block.block_id, action: item.action_id };
      const answer = await act(this.app.me, what, { ...where, ...details });
      if (answer.problem) this.app.complain(answer.problem);
    };
    return {
      keep: false,
      press: (block, item) => told("press", block, item),
      choose: (block, item, answer) => told("choose", block, item, { answer }),
      hold: () => {},
      answer: () => undefined,
    };
  }

  threadLine(message, reader, room) {
    const faces = message.repliers.map((id) =>
      avatar(reader.names[id]?.name ?? "?", { isApp: reader.names[id]?.is_app, size: "small" }),
    );
    const count = `${message.replies} ${message.replies === 1 ? "reply" : "replies"}`;
    return h(
      "button",
      { type: "button", class: "thread-line", onclick: () => this.app.goTo(room, message.ts) },
      faces,
      h("span", { class: "count" }, count),
      message.has_news && h("span", { class: "news" }, "new"),
      h("span", { class: "last" }, `last ${clockTime(Number(message.last_reply), reader.zone)}`),
    );
  }

  tools(message, reader, room, thread) {
    if (message.is_private) return null;
    const items = () => [
      ...this.app.messageShortcuts().map((shortcut) => ({
        label: shortcut.name,
        hint: "Casebell",
        run: () =>
          this.app.tell(
            act(this.app.me, "shortcut", { name: shortcut.name, room, ts: message.ts }),
          ),
      })),
      ...(message.is_mine ? this.ownItems(message, room) : []),
    ];
    return h(
      "div",
      { class: "tools" },
      !thread &&
        h(
          "button",
          {
            type: "button",
            class: "plain",
            title: "Reply in thread",
            aria: { label: "Reply in thread" },
            onclick: () => this.app.goTo(room, message.ts),
          },
          icon("reply"),
        ),
      items().length > 0 &&
        menuButton(
          { class: "plain", title: "More", aria: { label: "More about this message" } },
          icon("dots"),
          items,
        ),
    );
  }

  ownItems(message, room) {
    return [
      { label: "Edit message", run: () => this.edit(message, room) },
      {
        label: "Delete message",
        run: () => this.app.tell(act(this.app.me, "delete", { room, ts: message.ts })),
      },
    ];
  }

  edit(message, room) {
    const known = this.nodes.get(message.ts);
    if (!known) return;
    known.isEdited = true; // and not drawn anew under somebody's hands
    const node = known.node.querySelector(".content");
    const area = h("textarea", {
      rows: 3,
      aria: { label: "Edit your message" },
      onkeydown: (event) => {
        if (event.key === "Escape") done(false);
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        done(true);
      },
    });
    area.value = node.innerText;
    const done = async (save) => {
      this.nodes.delete(message.ts);
      if (save)
        await this.app.tell(act(this.app.me, "edit", { room, ts: message.ts, text: area.value }));
      this.app.redraw();
    };
    fill(
      node,
      area,
      h(
        "div",
        { class: "block actions" },
        h("button", { type: "button", class: "button primary", onclick: () => done(true) }, "Save"),
        h("button", { type: "button", class: "button", onclick: () => done(false) }, "Cancel"),
      ),
    );
    area.focus();
  }
}

function follows(before, message) {
  const soon = Number(message.ts) - Number(before.ts) < TOGETHER;
  const same = before.author === message.author && before.shown_as === message.shown_as;
  const plain = !message.blocks.length && !before.blocks.length;
  return soon && same && plain && !message.is_private && !before.is_private;
}

/** Put these in place of what is there; what stays is not touched, and so keeps the focus. */
function arrange(element, nodes) {
  const staying = new Set(nodes);
  for (const node of [...element.children]) if (!staying.has(node)) node.remove();
  nodes.forEach((node, at) => {
    const there = element.children[at];
    if (there !== node) element.insertBefore(node, there ?? null);
  });
}

function refocus(node, focused) {
  const key = focused.dataset.key;
  const again =
    key && [...node.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  if (again) queueMicrotask(() => again.focus({ preventScroll: true }));
}

function size(bytes) {
  return bytes < 1024
    ? `${bytes} bytes`
    : bytes < 1024 * 1024
      ? `${Math.round(bytes / 1024)} KB`
      : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
