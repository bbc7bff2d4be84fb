// The time machine, what can be broken, and what rang.

import { world } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { close as closeMenu, menuButton } from "./menus.js";
import { words } from "./text.js";
import { wall, wallInput } from "./time.js";

const SLACK = [
  ["well", "Slack is well", "everything is delivered"],
  ["rate_limiting", "Slack answers 429", "too many requests: it wants the bot to wait"],
  ["failing", "Slack answers 500", "it fails at whatever is posted"],
  ["away", "Slack answers nothing", "it cannot be reached at all"],
];

export class TopBar {
  constructor(app) {
    this.app = app;
    this.time = h("strong", { class: "now", id: "now" });
    this.office = h("span", { class: "office" });
    this.due = h("button", {
      type: "button",
      class: "bar-button",
      id: "next-due",
      onclick: () => this.travel("next_due"),
    });
    this.halt = h(
      "button",
      { type: "button", class: "bar-button", hidden: true, onclick: () => world("stop_here") },
      "Stop here",
    );
    const jump = menuButton(
      { class: "bar-button", id: "jump" },
      h("span", {}, "Jump to", icon("down")),
      () => this.moments(),
    );
    this.broken = menuButton(
      { class: "bar-button", id: "break" },
      h("span", {}, icon("wrench"), h("span", { class: "label" }, "Break something"), icon("down")),
      () => this.breakages(),
    );
    this.rang = menuButton(
      { class: "bar-button", id: "rang" },
      h("span", {}, icon("phone"), h("span", { class: "label" }, "What rang"), icon("down")),
      () => this.rings(),
    );
    this.trouble = h("p", { class: "trouble", role: "status", hidden: true });
    const step = (minutes, label) =>
      h(
        "button",
        { type: "button", class: "bar-button", onclick: () => this.travel("travel", { minutes }) },
        label,
      );
    this.machine = h(
      "div",
      { class: "machine", role: "group", aria: { label: "Time machine" } },
      step(5, "+5 min"),
      step(15, "+15 min"),
      this.due,
      jump,
      this.halt,
    );
    this.element = h(
      "header",
      { class: "topbar" },
      h(
        "button",
        {
          type: "button",
          class: "bar-button to-list",
          aria: { label: "Channels and tour" },
          onclick: () => app.showList(),
        },
        icon("back"),
      ),
      h(
        "div",
        { class: "clock", role: "timer", aria: { label: "The workspace's clock" } },
        icon("clock"),
        this.time,
        this.office,
      ),
      this.machine,
      h("div", { class: "machine right" }, this.broken, this.rang),
    );
  }

  update(screen) {
    this.screen = screen;
    this.tick();
    const { clock, broken } = screen;
    const zone = h("span", { class: "zone" }, `${clock.zone_name} · `);
    fill(this.office, zone, `office ${clock.is_open ? "open" : "closed"}`);
    this.office.classList.toggle("closed", !clock.is_open);
    this.element.classList.toggle("travelling", Boolean(clock.travels_to));
    this.halt.hidden = !clock.travels_to;
    fill(
      this.due,
      h("span", {}, "Next due"),
      h(
        "small",
        {},
        clock.due ? `${wall(clock.due.at, clock.zone)} · ${clock.due.what}` : "nothing",
      ),
    );
    const said = [];
    if (!broken.bot_runs) said.push("The bot is stopped: nobody hears what you do.");
    if (broken.slack !== "well") said.push(`${SLACK.find(([key]) => key === broken.slack)[1]}.`);
    this.trouble.hidden = said.length === 0;
    fill(
      this.trouble,
      icon("wrench"),
      said.join(" "),
      said.length > 0 &&
        h("button", { type: "button", class: "link", onclick: () => this.mend() }, "Mend it"),
    );
  }

  /** Show the time: it runs on between what the workspace says. */
  tick() {
    if (!this.screen) return;
    fill(this.time, wall(this.app.now(), this.screen.clock.zone, { seconds: true }));
  }

  async travel(what, details) {
    this.element.classList.add("travelling");
    await this.app.tell(world(what, details));
    this.element.classList.remove("travelling");
  }

  moments() {
    const { clock } = this.screen;
    const input = h("input", {
      type: "datetime-local",
      value: wallInput(this.app.now() + 3600, clock.zone),
      aria: { label: `A moment, ${clock.zone_name} time` },
    });
    const go = (event) => {
      event.preventDefault();
      closeMenu();
      this.travel("travel", { wall: input.value });
    };
    return [
      ...clock.moments.map((moment) => ({
        label: moment.label,
        hint: `${wall(moment.at, clock.zone)} · ${moment.hint}`,
        run: () => this.travel("travel", { moment: moment.key }),
      })),
      {
        node: h(
          "form",
          { class: "menu-form", onsubmit: go },
          input,
          h("button", { type: "submit", class: "button" }, "Go"),
        ),
      },
    ];
  }

  breakages() {
    const { broken } = this.screen;
    const bot = broken.bot_runs
      ? {
          label: "Stop the bot",
          hint: "as if its machine had gone away",
          run: () => this.app.tell(world("stop_bot")),
        }
      : {
          label: "Start the bot",
          hint: "on what is in its database",
          run: () => this.app.tell(world("start_bot")),
        };
    return [
      ...SLACK.map(([key, label, hint]) => ({
        label,
        hint,
        isChosen: broken.slack === key,
        run: () => this.app.tell(world("slack", { is: key })),
      })),
      bot,
    ];
  }

  async mend() {
    const { broken } = this.screen;
    if (broken.slack !== "well") await this.app.tell(world("slack", { is: "well" }));
    if (!broken.bot_runs) await this.app.tell(world("start_bot"));
  }

  rings() {
    const { rings, clock } = this.screen;
    if (!rings.length) return [{ heading: "Nobody's phone has rung yet." }];
    const reader = this.app.reader();
    return [...rings]
      .reverse()
      .slice(0, 30)
      .map((ring) => ({
        label: `${wall(Number(ring.ts), clock.zone)}  ${reader.names[ring.person]?.name}${ring.silent ? ", in silence" : ""}`,
        hint: words(ring.text, reader),
        run: () => this.app.be(ring.person, ring.room, ring.thread),
      }));
  }
}
