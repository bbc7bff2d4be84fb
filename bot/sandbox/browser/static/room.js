// The conversation that is open, with its thread beside it.

import { act } from "./api.js";
import { Composer } from "./composer.js";
import { fill, h, icon, unseen } from "./dom.js";
import { menuButton } from "./menus.js";
import { Messages } from "./messages.js";
import { words } from "./text.js";
import { Home } from "./views.js";

/** The middle of the page: a channel, or the direct message with its Home tab. */
export class Room {
  constructor(app) {
    this.app = app;
    this.head = h("header", { class: "room-head" });
    this.messages = new Messages(app, "Messages");
    this.composer = new Composer(app, { inThread: false });
    this.home = new Home(app);
    this.element = h(
      "main",
      { class: "room-pane" },
      this.head,
      this.messages.element,
      this.home.element,
      this.composer.element,
    );
    this.newFrom = "";
    this.opened = "";
    this.drawn = "";
  }

  update(screen, where, reader) {
    const room = screen.room;
    const known = screen.rooms.find((one) => one.id === where.room);
    if (!room || !known) {
      fill(this.head, h("h2", {}, "Choose a channel"));
      return;
    }
    const opened = `${screen.me} ${room.id}`;
    if (opened !== this.opened) {
      this.opened = opened;
      this.newFrom = room.messages.some((m) => m.ts > room.seen) ? room.seen : "";
    }
    const isHome = known.is_direct && where.tab === "home";
    this.drawHead(screen, room, known, where, reader);
    this.messages.element.hidden = isHome;
    this.composer.element.hidden = isHome;
    this.home.element.hidden = !isHome;
    if (isHome) {
      this.home.update(screen.home, reader);
      return;
    }
    const shown = [...room.messages, ...screen.whispers.filter((one) => !one.thread)].sort(
      (a, b) => (a.ts < b.ts ? -1 : 1),
    );
    this.messages.update(shown, reader, {
      room: room.id,
      thread: "",
      newFrom: this.newFrom,
      leftOut: room.left_out,
    });
    this.composer.update(
      { as: screen.me, room: room.id, thread: "" },
      known.is_direct ? "Message Casebell" : `Message #${known.name}`,
    );
    this.look(room, where);
  }

  look(room, where) {
    const last = room.messages.at(-1)?.ts ?? "";
    if (last > room.seen && !document.hidden)
      act(where.as, "look", { room: room.id, thread: "", ts: last });
  }

  drawHead(screen, room, known, where, reader) {
    const drawn = JSON.stringify([known, room.pins.length, room.members, where.tab, screen.me]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const name = known.is_direct ? "Casebell" : known.name;
    const mark = known.is_direct
      ? null
      : known.is_private
        ? icon("lock")
        : h("span", { class: "hash" }, "#");
    const pins = () =>
      room.pins.map((pin) => ({
        label: words(pin.text, reader),
        hint: "pinned",
        run: () => this.jumpTo(pin.ts),
      }));
    const members = () =>
      room.members
        .map((id) => reader.names[id])
        .filter(Boolean)
        .map((one) => ({
          heading: `${one.name}${one.is_app ? " · app" : ""}${one.is_guest ? " · guest" : ""}${one.organisation ? ` · ${one.organisation}` : ""}`,
        }));
    fill(
      this.head,
      h("h2", {}, mark, name),
      known.shared_with.length > 0 &&
        h(
          "span",
          { class: "shared-with" },
          icon("people"),
          h("span", {}, `shared with ${known.shared_with.join(", ")}`),
        ),
      known.is_direct && !screen.is_external && this.tabs(where),
      h("span", { class: "grow" }),
      room.pins.length > 0 &&
        menuButton(
          { class: "plain", aria: { label: `${room.pins.length} pinned` } },
          h("span", {}, icon("pin"), String(room.pins.length)),
          pins,
        ),
      !known.is_direct &&
        menuButton(
          { class: "plain", aria: { label: `${room.members.length} members` } },
          h("span", {}, icon("people"), String(room.members.length)),
          members,
        ),
    );
  }

  tabs(where) {
    const tab = (key, label) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          class: "tab",
          aria: { selected: String(where.tab === key) },
          onclick: () => this.app.showTab(key),
        },
        label,
      );
    return h(
      "div",
      { class: "tabs", role: "tablist" },
      tab("home", "Home"),
      tab("messages", "Messages"),
    );
  }

  jumpTo(ts) {
    const node = this.messages.element.querySelector(`[data-ts="${ts}"]`);
    node?.scrollIntoView({ block: "center" });
    node?.querySelector("button")?.focus({ preventScroll: true });
  }
}

/** The thread beside it. */
export class Thread {
  constructor(app) {
    this.app = app;
    this.title = h("small", {});
    this.messages = new Messages(app, "Thread");
    this.composer = new Composer(app, { inThread: true });
    const close = h(
      "button",
      {
        type: "button",
        class: "plain",
        aria: { label: "Close the thread" },
        onclick: () => app.goTo(app.where.room, ""),
      },
      icon("close"),
    );
    this.element = h(
      "aside",
      { class: "thread-pane", aria: { label: "Thread" } },
      h(
        "header",
        { class: "room-head" },
        h("h2", {}, "Thread"),
        this.title,
        h("span", { class: "grow" }),
        close,
      ),
      this.messages.element,
      this.composer.element,
    );
  }

  update(screen, where, reader) {
    const { thread, room } = screen;
    this.element.hidden = !thread;
    if (!thread) return;
    const known = screen.rooms.find((one) => one.id === room.id);
    fill(this.title, known.is_direct ? "Casebell" : `#${known.name}`, unseen(", replies"));
    const root = thread[0].ts;
    const whispers = screen.whispers.filter((one) => one.thread === root);
    const shown = [...thread, ...whispers].sort((a, b) => (a.ts < b.ts ? -1 : 1));
    this.messages.update(shown, reader, { room: room.id, thread: root });
    this.composer.update({ as: screen.me, room: room.id, thread: root }, "Reply…");
    if (thread[0].has_news && !document.hidden)
      act(where.as, "look", { room: room.id, thread: root, ts: thread.at(-1).ts });
  }
}
