// What rings somebody, and what went wrong, for a moment in the corner.

import { avatar, h, icon } from "./dom.js";
import { words } from "./text.js";

const STAYS = 8000; // milliseconds
const MOST = 3;

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
    this.drop((toast) => toast.dataset.place === `${screen.me} ${where.room}`);
    const elsewhere = news.filter((ring) => ring.person !== screen.me || ring.room !== where.room);
    for (const ring of elsewhere.slice(-MOST)) {
      const kind = ring.silent ? "silent" : "rings";
      this.show(this.ring(ring, screen, reader), kind, `${ring.person} ${ring.room}`);
    }
    if (elsewhere.length > MOST) {
      this.show(h("p", {}, `And ${elsewhere.length - MOST} more: see "What rang".`), "more");
    }
  }

  complain(text) {
    this.show(h("p", {}, text), "problem");
  }

  ring(ring, screen, reader) {
    const person = screen.people.find((one) => one.id === ring.person);
    const duty = person.levels.length ? ` (${person.levels.join(", ")})` : "";
    const whose = `${person.name}'s phone${duty}`;
    return [
      avatar(person.name),
      h(
        "div",
        { class: "toast-body" },
        h(
          "strong",
          {},
          icon(ring.silent ? "moon" : "phone"),
          `${whose} ${ring.silent ? "stays silent" : "rings"}`,
        ),
        h("p", {}, words(ring.text, reader)),
        ring.silent && h("small", {}, `Do not disturb, ${person.dnd ?? "at night"}`),
        h(
          "button",
          {
            type: "button",
            class: "link",
            onclick: () => this.app.be(ring.person, ring.room, ring.thread),
          },
          `Be ${person.name}`,
        ),
      ),
    ];
  }

  /** Take those away that this is true of. */
  drop(isOver) {
    for (const toast of [...this.element.children]) if (isOver(toast)) toast.remove();
  }

  show(content, kind, place = "") {
    const drop = () => toast.remove();
    const toast = h(
      "div",
      { class: `toast ${kind}`, data: { place } },
      content,
      h(
        "button",
        { type: "button", class: "plain", aria: { label: "Dismiss" }, onclick: drop },
        icon("close"),
      ),
    );
    this.element.append(toast);
    while (this.element.children.length > MOST + 1) this.element.firstChild.remove();
    const fade = () => (toast.matches(":hover, :focus-within") ? setTimeout(fade, 2000) : drop());
    setTimeout(fade, STAYS);
  }
}
