// Views, which hold what is typed until it is submitted: a form on top of the screen, the Home tab.

import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { fill, h, icon } from "./dom.js";

/** The answer in an entry of a view's state, as its control takes it. */
function answerIn(entry) {
  if (!entry) return undefined;
  if ("wall" in entry) return entry.wall;
  const { type: _, ...rest } = entry;
  const [held] = Object.values(rest);
  if (Array.isArray(held)) return held.map((one) => one.value ?? one);
  return held?.value ?? held ?? undefined;
}

/** One view on somebody's screen; it is drawn anew when the bot has changed it. */
class Drawn {
  constructor(app) {
    this.app = app;
    this.drafts = new Map();
    this.errors = {};
    this.view = null;
  }

  /** Say what went wrong, if something did. */
  complain(problem) {
    if (problem) this.app.complain(problem);
  }

  /** The place that elements stand in: see elements.js. */
  place() {
    const told = async (what, block, item, details) => {
      const answer = await act(this.app.me, what, {
        view: this.view.id,
        block: block.block_id,
        action: item.action_id,
        held: this.held(),
        ...details,
      });
      this.complain(answer.problem);
      return answer;
    };
    return {
      keep: true,
      errors: this.errors,
      press: (block, item) => told("press_in_view", block, item),
      choose: (block, item, answer) => told("choose_in_view", block, item, { answer }),
      hold: (block, item, answer) =>
        this.drafts.set(`${block.block_id}/${item.action_id}`, { block, item, answer }),
      answer: (block, item) => {
        const draft = this.drafts.get(`${block.block_id}/${item.action_id}`);
        return draft ? draft.answer : answerIn(this.view.held[block.block_id]?.[item.action_id]);
      },
    };
  }

  /** What was typed and the bot does not know yet; of inputs that are still there. */
  held() {
    const there = new Set(this.view.blocks.map((block) => block.block_id));
    return [...this.drafts.values()]
      .filter(({ block }) => there.has(block.block_id))
      .map(({ block, item, answer }) => ({
        block: block.block_id,
        action: item.action_id,
        answer,
      }));
  }

  /** Draw into an element, and leave the focus and the scrolling where they were. */
  drawInto(element, reader) {
    const focused = document.activeElement;
    const key = element.contains(focused) ? focused.dataset.key : null;
    const range =
      key && focused.matches("input[type=text], textarea")
        ? [focused.selectionStart, focused.selectionEnd]
        : null;
    const scrolled = element.scrollTop;
    fill(element, blocks(this.view.blocks, reader, this.place()));
    element.scrollTop = scrolled;
    const again =
      key && [...element.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    if (again) {
      again.focus({ preventScroll: true });
      if (range) again.setSelectionRange(...range);
    }
  }
}

/** The Home tab. */
export class Home extends Drawn {
  constructor(app) {
    super(app);
    this.element = h("div", { class: "home" });
    this.drawn = "";
  }

  update(view, reader) {
    const drawn = `${reader.me} ${view?.id} ${view?.hash} ${Math.floor(reader.now / 86400)}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    if (this.view?.id !== view?.id) this.drafts.clear();
    this.view = view;
    if (view) this.drawInto(this.element, reader);
    else fill(this.element, h("p", { class: "empty" }, "Casebell has drawn nothing here yet."));
  }
}

/** The form on top: a dialog that keeps the keyboard until it is closed. */
export class Modal extends Drawn {
  constructor(app) {
    super(app);
    this.title = h("h2", { id: "modal-title" });
    this.body = h("div", { class: "dialog-body" });
    this.banner = h("p", { class: "banner", role: "alert", hidden: true });
    this.cancel = h("button", {
      type: "button",
      class: "button",
      onclick: () => this.close(false),
    });
    this.submit = h("button", { type: "submit", class: "button primary" });
    const cross = h(
      "button",
      { type: "button", class: "plain", aria: { label: "Close" }, onclick: () => this.close(true) },
      icon("close"),
    );
    const send = (event) => {
      event.preventDefault();
      this.send();
    };
    this.dialog = h(
      "dialog",
      {
        class: "dialog modal",
        aria: { labelledby: "modal-title" },
        oncancel: (event) => {
          event.preventDefault();
          this.close(false);
        },
      },
      h(
        "form",
        { novalidate: true, onsubmit: send },
        h("header", { class: "dialog-head" }, this.title, cross),
        this.banner,
        this.body,
        h("footer", { class: "dialog-foot" }, this.cancel, this.submit),
      ),
    );
    document.body.append(this.dialog);
  }

  update(view, reader) {
    if (!view) {
      if (this.dialog.open) this.dialog.close();
      this.view = null;
      this.drawn = "";
      return;
    }
    const isNew = view.id !== this.view?.id;
    if (isNew) {
      this.drafts.clear();
      this.errors = {};
      this.banner.hidden = true;
    }
    const drawn = `${view.id} ${view.hash} ${JSON.stringify(this.errors)}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.view = view;
    this.reader = reader;
    fill(this.title, view.title);
    fill(this.cancel, view.close ?? "Cancel");
    fill(this.submit, view.submit ?? "");
    this.submit.hidden = !view.submit;
    this.drawInto(this.body, reader);
    if (!this.dialog.open) this.dialog.showModal();
    if (isNew) {
      this.body.scrollTop = 0;
      (this.body.querySelector("input, select, textarea, button") ?? this.cancel).focus({
        preventScroll: true,
      });
    }
  }

  /** On the form itself: a dialog covers the corner where other problems are told. */
  complain(problem) {
    this.banner.hidden = !problem;
    fill(this.banner, problem ?? "");
  }

  async send() {
    this.submit.setAttribute("aria-busy", "true");
    const view = this.view;
    const told = await act(this.app.me, "submit", { view: view.id, held: this.held() });
    this.submit.removeAttribute("aria-busy");
    this.complain(told.problem);
    if (this.view?.id !== view.id) return;
    this.errors = told.errors ?? {};
    if (Object.keys(this.errors).length) {
      this.update(this.view, this.reader);
      const wrong = this.body.querySelector(".wrong");
      wrong?.querySelector("input, select, textarea")?.focus();
      wrong?.scrollIntoView({ block: "center" });
    }
  }

  async close(all) {
    const told = await act(this.app.me, "close", { view: this.view.id, all });
    if (told.problem) this.dialog.close();
  }
}
