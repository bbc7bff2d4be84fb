// The workspace in a browser: who one is and where, kept in the address, and what is seen there.

import { act, screen as fetchScreen } from "./api.js";
import { fill, h } from "./dom.js";
import { Room, Thread } from "./room.js";
import { People, Sidebar } from "./sidebar.js";
import { Toasts } from "./toasts.js";
import { TopBar } from "./topbar.js";
import { Tour } from "./tour.js";
import { Modal } from "./views.js";

const AGAIN_AFTER = 1500; // milliseconds, after a request that failed

class App {
  constructor() {
    this.where = fromAddress();
    this.screen = null;
    this.receivedAt = 0;
    this.asking = null;
    this.tour = new Tour(this);
    this.people = new People(this);
    this.sidebar = new Sidebar(this, this.tour.element);
    this.topbar = new TopBar(this);
    this.room = new Room(this);
    this.thread = new Thread(this);
    this.toasts = new Toasts(this);
    this.modal = new Modal(this);
    const page = h(
      "div",
      { class: "page" },
      this.people.element,
      this.sidebar.element,
      this.room.element,
      this.thread.element,
    );
    fill(
      document.querySelector("#app"),
      this.topbar.element,
      this.topbar.trouble,
      this.tour.strip,
      page,
      this.toasts.element,
    );
    window.addEventListener("hashchange", () => this.arrived());
    document.addEventListener("visibilitychange", () => this.redraw());
    setInterval(() => this.topbar.tick(), 1000);
    this.watch();
  }

  // --- what its parts ask of it ------------------------------------------------------------

  get me() {
    return this.screen.me;
  }

  /** The workspace's present instant, in Unix seconds. */
  now() {
    const ran = this.screen.runs ? (performance.now() - this.receivedAt) / 1000 : 0;
    return this.screen.now + ran;
  }

  /** For whom text is drawn. */
  reader() {
    const { screen } = this;
    const zone = screen.people.find((person) => person.id === screen.me).zone;
    return {
      me: screen.me,
      names: screen.names,
      zone,
      now: this.now(),
      goTo: (room, thread) => this.goTo(room, thread ?? ""),
    };
  }

  commands() {
    return this.screen.commands;
  }

  globalShortcuts() {
    return this.screen.shortcuts.filter((shortcut) => !shortcut.of_messages);
  }

  messageShortcuts() {
    return this.screen.shortcuts.filter((shortcut) => shortcut.of_messages);
  }

  membersHere() {
    return (this.screen.room?.members ?? []).map((id) => this.screen.names[id]).filter(Boolean);
  }

  /** Be somebody, where they are or where they are wanted. */
  be(person, room, thread) {
    this.toasts.drop((toast) => toast.matches(".problem"));
    this.go(
      { as: person, room: room ?? this.where.room, thread: thread ?? "", tab: "messages" },
      room !== undefined,
    );
  }

  goTo(room, thread = "") {
    if (this.screen && !this.screen.rooms.some((one) => one.id === room)) {
      this.complain("You are not in that channel, as this person.");
      return;
    }
    this.go(
      { ...this.where, room, thread, tab: room === this.where.room ? this.where.tab : "messages" },
      true,
    );
  }

  showTab(tab) {
    this.go({ ...this.where, tab }, true);
    if (tab === "home") act(this.where.as, "open_home");
  }

  showList() {
    document.body.dataset.pane = "list";
  }

  /** Send the clock somewhere. */
  travel(what, details) {
    return this.topbar.travel(what, details);
  }

  complain(problem) {
    this.toasts.complain(problem);
  }

  /** Wait for an answer, and say it if something is wrong. */
  async tell(answer) {
    const told = await answer;
    if (told.problem) this.complain(told.problem);
    return told;
  }

  redraw() {
    if (this.screen) this.draw();
  }

  // --- where one is ------------------------------------------------------------------------

  go(where, showRoom) {
    if (showRoom) document.body.dataset.pane = "room";
    location.hash = new URLSearchParams(
      Object.entries(where).filter(([, value]) => value),
    ).toString();
  }

  arrived() {
    this.where = fromAddress();
    this.asking?.abort();
  }

  // --- what is seen ------------------------------------------------------------------------

  async watch() {
    for (;;) {
      this.asking = new AbortController();
      const { as, room, thread } = this.where;
      const isSame =
        this.screen && as === this.screen.me && this.drawnFor === `${as} ${room} ${thread}`;
      try {
        const screen = await fetchScreen(
          { as, room, thread },
          isSame ? this.screen.version : "",
          this.asking.signal,
        );
        this.show(screen, `${as} ${room} ${thread}`);
      } catch (error) {
        if (error.name === "AbortError") continue;
        document.body.classList.add("away");
        await new Promise((again) => setTimeout(again, AGAIN_AFTER));
        if (String(error.message).startsWith("Nobody here")) location.hash = "";
      }
    }
  }

  show(screen, drawnFor) {
    document.body.classList.remove("away");
    this.screen = screen;
    this.receivedAt = performance.now();
    this.drawnFor = drawnFor;
    const isThere = screen.rooms.some((room) => room.id === this.where.room);
    if (this.where.as !== screen.me || !isThere) {
      const where = { as: screen.me, room: screen.rooms[0].id, thread: "", tab: "messages" };
      this.where = where;
      history.replaceState(
        null,
        "",
        `#${new URLSearchParams(Object.entries(where).filter(([, value]) => value))}`,
      );
      this.drawnFor = "";
      if (!screen.room) return;
    }
    this.draw();
  }

  draw() {
    const { screen, where } = this;
    const reader = this.reader();
    document.title = `${screen.people.find((person) => person.id === screen.me).name} · ${screen.workspace}`;
    document.body.classList.toggle("has-thread", Boolean(screen.thread));
    this.topbar.update(screen);
    this.people.update(screen);
    this.sidebar.update(screen, where);
    this.room.update(screen, where, reader);
    this.thread.update(screen, where, reader);
    this.tour.update(screen.tour, reader);
    this.modal.update(screen.modal, reader);
    this.toasts.update(screen, where, reader);
    document.body.dataset.ready = "true";
  }
}

function fromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const get = (name) => asked.get(name) ?? "";
  return { as: get("as"), room: get("room"), thread: get("thread"), tab: get("tab") || "messages" };
}

new App();
