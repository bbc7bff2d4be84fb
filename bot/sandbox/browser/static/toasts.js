// What rings somebody, and what went wrong, for a moment in the corner.

import { avatar, h, icon } from "./dom.js";
import { words } from "./text.js";

const STAYS = 9000; // milliseconds
const MOST = 4;

export class Toasts {
  constructor(app) {
    this.app = app;
    this.element = h("div", { class: "toasts", role: "status", aria: { live: "polite" } });
    this.newest = null;
  }

  /** Show what rang since the last time; the first time, everything is old. */
  update(screen, where, reader) {
    const { rings } = screen;
    const newest = rings.at(-1)?.ts ?? "";
    const news = this.newest === null ? [] : rings.filter((ring) => ring.ts > this.newest);
    this.newest = newest;
    const elsewhere = news.filter((ring) => ring.person !== screen.me || ring.room !== where.room);
    for (const ring of elsewhere.slice(-MOST)) this.show(this.ring(ring, screen, reader), ring.silent ? "silent" : "rings");
    if (elsewhere.length > MOST) this.show(h("p", {}, `And ${elsewhere.length - MOST} more: see "What rang".`), "more");
  }

  complain(text) {
    this.show(h("p", {}, text), "problem");
  }

  ring(ring, screen, reader) {
    const person = screen.people.find((one) => one.id === ring.person);
    const isMe = ring.person === screen.me;
    const whose = isMe ? "Your phone" : `${person.name}'s phone`;
    const duty = person.levels.length ? ` (${person.levels.join(", ")})` : "";
    return [
      avatar(person.name),
      h(
        "div",
        { class: "toast-body" },
        h("strong", {}, icon(ring.silent ? "moon" : "phone"), ring.silent ? `${whose}${duty} stays silent` : `${whose}${duty} rings`),
        h("p", {}, words(ring.text, reader)),
        ring.silent && h("small", {}, `Do not disturb, ${person.dnd ?? "at night"}`),
        h("button", { type: "button", class: "link", onclick: () => this.app.be(ring.person, ring.room, ring.thread) }, isMe ? "Look" : `Be ${person.name}`),
      ),
    ];
  }

  show(content, kind) {
    const drop = () => toast.remove();
    const toast = h(
      "div",
      { class: `toast ${kind}` },
      content,
      h("button", { type: "button", class: "plain", aria: { label: "Dismiss" }, onclick: drop }, icon("close")),
    );
    this.element.append(toast);
    while (this.element.children.length > MOST + 1) this.element.firstChild.remove();
    const fade = () => (toast.matches(":hover, :focus-within") ? setTimeout(fade, 2000) : drop());
    setTimeout(fade, STAYS);
  }
}
