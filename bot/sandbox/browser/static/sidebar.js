// Whom one can be, and the conversations of whom one is.

import { act } from "./api.js";
import { avatar, fill, h, icon, unseen } from "./dom.js";

/** The people to be, side by side: one press, and one sits at their screen. */
export class People {
  constructor(app) {
    this.app = app;
    this.element = h("nav", { class: "people", aria: { label: "People to be" } });
    this.me = "";
    this.drawn = "";
  }

  update(screen) {
    const drawn = JSON.stringify([screen.people, screen.me]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const had = this.element.contains(document.activeElement)
      ? document.activeElement.dataset.person
      : null;
    const isOfTeam = (person) => person.organisation === screen.workspace;
    const groups = [screen.people.filter((one) => !isOfTeam(one)), screen.people.filter(isOfTeam)];
    fill(
      this.element,
      h("p", { class: "people-title" }, "Be"),
      groups.map((people) =>
        h(
          "div",
          { class: "people-group" },
          people.map((person) => this.person(person, screen)),
        ),
      ),
    );
    if (had) this.element.querySelector(`[data-person="${had}"]`)?.focus();
    if (this.me !== screen.me)
      this.element.querySelector(".me")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.me = screen.me;
  }

  person(person, screen) {
    const isMe = person.id === screen.me;
    const duty = person.levels[0];
    const title = `${person.name}: ${person.title}, ${person.about}${person.dnd ? `. Do not disturb ${person.dnd}` : ""}`;
    return h(
      "button",
      {
        type: "button",
        class: `person ${isMe ? "me" : ""}`,
        title,
        data: { person: person.id },
        aria: { current: isMe ? "true" : null },
        onclick: () => this.app.be(person.id),
      },
      h(
        "span",
        { class: "face" },
        avatar(person.name),
        person.rang > 0 &&
          h("span", { class: "badge" }, String(person.rang), unseen(" unread")),
        person.dnd &&
          h(
            "span",
            { class: `asleep ${person.is_quiet ? "now" : ""}` },
            icon("moon"),
            unseen(person.is_quiet ? "do not disturb" : ""),
          ),
      ),
      h("span", { class: "person-name" }, person.name),
      h("span", { class: "person-role" }, duty ?? shortTitle(person)),
    );
  }
}

function shortTitle(person) {
  return (
    { "Customer, guest": "customer", "Support agent": "agent" }[person.title] ??
    person.title.toLowerCase()
  );
}

/** Who one is, and their channels and direct messages, with what is unread. */
export class Sidebar {
  constructor(app, tour) {
    this.app = app;
    this.list = h("div", { class: "rooms" });
    this.who = h("div", { class: "who" });
    this.element = h(
      "aside",
      { class: "sidebar", aria: { label: "Channels and tour" } },
      this.who,
      this.list,
      tour,
    );
    this.drawn = "";
  }

  update(screen, where) {
    const drawn = JSON.stringify([
      screen.rooms,
      screen.me,
      where.room,
      where.tab,
      screen.people,
      screen.workspace,
    ]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = this.element.contains(document.activeElement)
      ? document.activeElement.dataset.room
      : null;
    const me = screen.people.find((person) => person.id === screen.me);
    fill(
      this.who,
      h("h1", {}, screen.workspace),
      h("p", {}, "You are ", h("strong", {}, me.name), `, ${me.title.toLowerCase()} ${me.about}.`),
      h(
        "p",
        { class: "detail" },
        me.levels.length ? `On call as ${me.levels.join(" and ")}. ` : "",
        `Reads times in ${me.zone.replace("_", " ")}.`,
      ),
      h(
        "label",
        { class: "sleep" },
        this.sleeping(me),
        h("span", {}, "Do not disturb, 22:00 to 07:00"),
      ),
    );
    const channels = screen.rooms.filter((room) => !room.is_direct);
    const direct = screen.rooms.filter((room) => room.is_direct);
    fill(
      this.list,
      h("h2", {}, "Channels"),
      channels.map((room) => this.room(room, where)),
      h("h2", {}, screen.is_external ? "Direct messages" : "Apps"),
      direct.map((room) => this.room(room, where)),
    );
    if (focused) this.list.querySelector(`[data-room="${focused}"]`)?.focus();
  }

  sleeping(me) {
    const box = h("input", { type: "checkbox" });
    box.checked = Boolean(me.dnd);
    box.addEventListener("change", () => this.app.tell(act(me.id, "sleep", { on: box.checked })));
    return box;
  }

  room(room, where) {
    const isHere = room.id === where.room;
    const mark = room.is_direct
      ? avatar("casebell", { isApp: true, size: "small" })
      : room.is_private
        ? icon("lock")
        : h("span", { class: "hash" }, "#");
    return h(
      "button",
      {
        type: "button",
        class: `room ${isHere ? "here" : ""} ${room.is_unread ? "unread" : ""}`,
        data: { room: room.id },
        aria: { current: isHere ? "page" : null },
        onclick: () => this.app.goTo(room.id),
      },
      mark,
      h("span", { class: "room-name" }, room.is_direct ? "Casebell" : room.name),
      room.is_unread && unseen(" unread"),
      room.shared_with.length > 0 &&
        h(
          "span",
          { class: "shared", title: `Shared with ${room.shared_with.join(", ")}` },
          icon("people"),
          unseen(`shared with ${room.shared_with.join(", ")}`),
        ),
      room.rang > 0 && h("span", { class: "badge" }, String(room.rang)),
    );
  }
}
