// Where one types: messages, slash commands, mentions, files.

import { act } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { menuButton } from "./menus.js";

const MOST_FILES = 5;

/** The box under a conversation or a thread. */
export class Composer {
  constructor(app, { inThread }) {
    this.app = app;
    this.inThread = inThread;
    this.where = null;
    this.drawnFor = null;
    this.drafts = new Map();
    this.files = [];
    this.area = h("textarea", {
      rows: 1,
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
    });
    this.hints = h("div", {
      class: "hints",
      hidden: true,
      onkeydown: (event) => this.keyInHints(event),
    });
    this.picked = h("div", { class: "picked" });
    this.chooser = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      onchange: () => this.pick(),
    });
    this.send = h(
      "button",
      {
        type: "button",
        class: "send",
        title: "Send",
        aria: { label: "Send" },
        onclick: () => this.say(),
      },
      icon("send"),
    );
    this.shortcuts = inThread
      ? null
      : menuButton(
          { class: "plain", title: "Shortcuts", aria: { label: "Shortcuts" } },
          icon("bolt"),
          () =>
            app.globalShortcuts().map((shortcut) => ({
              label: shortcut.name,
              hint: "Casebell",
              run: () => app.tell(act(app.me, "shortcut", { name: shortcut.name })),
            })),
        );
    this.element = h(
      "div",
      { class: "composer" },
      this.hints,
      h(
        "div",
        { class: "composer-box" },
        this.picked,
        this.area,
        h(
          "div",
          { class: "composer-foot" },
          h(
            "button",
            {
              type: "button",
              class: "plain",
              title: "Attach a file: its name is sent, its content stays here",
              aria: { label: "Attach a file" },
              onclick: () => this.chooser.click(),
            },
            icon("clip"),
          ),
          this.chooser,
          this.shortcuts,
          this.send,
        ),
      ),
    );
  }

  update(where, placeholder) {
    const key = `${where.as} ${where.room} ${where.thread}`;
    if (this.shortcuts) this.shortcuts.hidden = this.app.globalShortcuts().length === 0;
    this.area.placeholder = placeholder;
    this.area.setAttribute("aria-label", placeholder);
    if (key === this.drawnFor) return;
    if (this.drawnFor) this.drafts.set(this.drawnFor, this.area.value);
    this.drawnFor = key;
    this.where = where;
    this.files = [];
    fill(this.picked);
    this.area.value = this.drafts.get(key) ?? "";
    this.typed();
  }

  focus() {
    this.area.focus();
  }

  typed() {
    this.area.style.height = "auto";
    this.area.style.height = `${Math.min(this.area.scrollHeight, 180)}px`;
    this.send.classList.toggle("ready", Boolean(this.area.value.trim()) || this.files.length > 0);
    this.hint();
  }

  /** What could be meant: a command after a slash, somebody after an at sign. */
  hint() {
    const found = this.commandHints() ?? this.nameHints() ?? [];
    this.hints.hidden = found.length === 0;
    fill(
      this.hints,
      found.map(({ label, about, text }) =>
        h(
          "button",
          {
            type: "button",
            class: "hint-row",
            onclick: () => {
              this.area.value = text;
              this.area.focus();
              this.typed();
            },
          },
          h("strong", {}, label),
          h("span", {}, about),
        ),
      ),
    );
  }

  commandHints() {
    const typed = this.area.value;
    if (!/^\/\w*$/.test(typed) || this.inThread) return null;
    return this.app
      .commands()
      .filter((known) => known.command.startsWith(typed) && known.command !== typed)
      .map((known) => ({
        label: known.command,
        about: `${known.usage_hint}  ${known.description}`,
        text: `${known.command} `,
      }));
  }

  nameHints() {
    const found = /(^|\s)@(\w*)$/.exec(this.area.value);
    if (!found) return null;
    const typed = found[2].toLowerCase();
    const before = this.area.value.slice(0, this.area.value.length - found[2].length);
    return this.app
      .membersHere()
      .filter(
        (known) => known.name.toLowerCase().startsWith(typed) && known.name.toLowerCase() !== typed,
      )
      .map((known) => ({
        label: `@${known.name}`,
        about: known.is_app ? "app" : (known.organisation ?? ""),
        text: `${before}${known.name} `,
      }));
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.say();
    } else if (event.key === "Tab" && !event.shiftKey && !this.hints.hidden) {
      event.preventDefault();
      this.hints.querySelector("button").click();
    } else if (event.key.startsWith("Arrow") && !this.hints.hidden) {
      this.keyInHints(event);
    } else if (event.key === "Escape" && !this.hints.hidden) {
      this.hints.hidden = true;
    }
  }

  /** Arrows go through the hints, from the box and back to it; Escape leaves them. */
  keyInHints(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step && event.key !== "Escape") return;
    event.preventDefault();
    const stops = [...this.hints.children, this.area];
    const at = stops.indexOf(document.activeElement) + (step ?? 0);
    if (!step) this.hints.hidden = true;
    (step ? stops[(at + stops.length) % stops.length] : this.area).focus();
  }

  pick() {
    this.files = [...this.chooser.files]
      .slice(0, MOST_FILES)
      .map(({ name, size }) => ({ name, size }));
    this.chooser.value = "";
    const drop = () => {
      this.files = [];
      fill(this.picked);
      this.typed();
    };
    fill(
      this.picked,
      this.files.map((file) => h("span", { class: "file" }, icon("file"), file.name)),
      this.files.length > 0 &&
        h(
          "button",
          { type: "button", class: "plain", aria: { label: "Attach nothing" }, onclick: drop },
          icon("close"),
        ),
    );
    this.typed();
  }

  async say() {
    const text = this.area.value;
    if (!text.trim() && !this.files.length) return;
    const { as, room, thread } = this.where;
    const { files } = this;
    this.area.value = "";
    this.files = [];
    fill(this.picked);
    this.typed();
    const told = await this.app.tell(act(as, "say", { room, thread: thread ?? "", text, files }));
    if (told.problem && !this.area.value) {
      this.area.value = text;
      this.typed();
    }
  }
}
