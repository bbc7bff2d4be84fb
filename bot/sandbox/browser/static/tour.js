// The guided tour: what to do next, with a button that takes one there.

import { fill, h, icon, unseen } from "./dom.js";
import { mrkdwn } from "./text.js";

export class Tour {
  constructor(app) {
    this.app = app;
    this.element = h("section", { class: "tour", aria: { label: "Guided tour" } });
    this.strip = h("div", { class: "tour-strip" });
    this.opened = null;
    this.drawn = "";
  }

  update(steps, reader) {
    const current = steps.findIndex((step) => step.tasks.some((task) => !task.done));
    const drawn = JSON.stringify([steps, this.opened, reader.me]);
    if (drawn === this.drawn) return;
    if (this.current !== current) this.opened = null;
    this.current = current;
    this.drawn = drawn;
    const shown = this.opened ?? current;
    const focused = this.element.contains(document.activeElement)
      ? document.activeElement.dataset.key
      : null;
    fill(
      this.element,
      h(
        "h2",
        {},
        "Guided tour",
        h("small", {}, current < 0 ? "all done" : `step ${current + 1} of ${steps.length}`),
      ),
      h(
        "ol",
        { class: "steps" },
        steps.map((step, at) => this.step(step, at, shown, reader)),
      ),
      current < 0 &&
        h(
          "p",
          { class: "tour-end" },
          "That was the tour. The workspace is yours: try whatever you like, or break something.",
        ),
    );
    fill(this.strip, this.now(steps[current], current, reader));
    if (focused) this.element.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  step(step, at, shown, reader) {
    const isDone = step.tasks.every((task) => task.done);
    const toggle = () => {
      this.opened = shown === at ? -1 : at;
      this.drawn = "";
      this.app.redraw();
    };
    return h(
      "li",
      { class: `step ${isDone ? "done" : ""} ${shown === at ? "open" : ""}` },
      h(
        "button",
        {
          type: "button",
          class: "step-title",
          onclick: toggle,
          data: { key: `step-${at}` },
          aria: { expanded: String(shown === at) },
        },
        h("span", { class: "number" }, isDone ? icon("check") : String(at + 1)),
        step.title,
        isDone && unseen(", done"),
      ),
      shown === at && h("p", { class: "why" }, step.why),
      shown === at &&
        h(
          "ul",
          { class: "tasks" },
          step.tasks.map((task, n) =>
            this.task(task, `${at}-${n}`, step.tasks.findIndex((one) => !one.done) === n, reader),
          ),
        ),
    );
  }

  task(task, key, isNext, reader) {
    return h(
      "li",
      { class: `task ${task.done ? "done" : ""} ${isNext ? "next" : ""}` },
      h("span", { class: "tick" }, task.done ? icon("check") : ""),
      h(
        "div",
        {},
        h("p", {}, ...mrkdwn(task.text, reader), task.done && unseen(" (done)")),
        isNext && this.ways(task, key),
      ),
    );
  }

  ways(task, key) {
    return h(
      "div",
      { class: "ways" },
      task.ways.map((way, n) =>
        h(
          "button",
          {
            type: "button",
            class: "way",
            data: { key: `way-${key}-${n}` },
            onclick: () => this.go(way),
          },
          way.label,
        ),
      ),
    );
  }

  /** What is next, on one line: for a narrow window. */
  now(step, at, reader) {
    const next = step?.tasks.find((task) => !task.done);
    if (!next) return null;
    return [
      h("p", {}, h("strong", {}, `${at + 1}. `), ...mrkdwn(next.text, reader)),
      this.ways(next, "strip"),
    ];
  }

  go(way) {
    if (way.person) this.app.be(way.person, way.room ?? undefined, "");
    else this.app.travel("travel", way.moment ? { moment: way.moment } : { minutes: way.minutes });
  }
}
