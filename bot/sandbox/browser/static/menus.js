// Menus that open from a button, and dialogs that ask before something is done.

import { fill, h } from "./dom.js";

let open = null;
let menus = 0;

/**
 * A button with a menu: `items` gives what is in it when it is opened, each with a label, perhaps a
 * hint, and what it does. Arrow keys go through it, Escape closes it.
 */
export function menuButton(properties, content, items) {
  const id = `menu-${(menus += 1)}`;
  const menu = h("div", { class: "menu", role: "menu", id, hidden: true });
  const button = h(
    "button",
    {
      type: "button",
      ...properties,
      aria: { haspopup: "menu", expanded: "false", controls: id, ...properties.aria },
    },
    content,
  );
  const holder = h("span", { class: "menu-holder" }, button, menu);
  button.addEventListener("click", () =>
    open === holder ? close() : show(holder, button, menu, items()),
  );
  holder.addEventListener("keydown", (event) => move(event, button, menu));
  holder.addEventListener("focusout", (event) => {
    if (open === holder && event.relatedTarget && !holder.contains(event.relatedTarget)) close();
  });
  return holder;
}

function show(holder, button, menu, items) {
  close();
  fill(
    menu,
    items.map((item) => itemNode(item, button)),
  );
  menu.hidden = false;
  button.setAttribute("aria-expanded", "true");
  open = holder;
  menu.classList.remove("up", "left");
  const box = menu.getBoundingClientRect();
  if (box.bottom > window.innerHeight) menu.classList.add("up");
  if (box.right > window.innerWidth) menu.classList.add("left");
  menu.querySelector("[role=menuitem], input")?.focus();
}

function itemNode(item, button) {
  if (item.node) return item.node;
  if (item.heading) return h("div", { class: "menu-heading" }, item.heading);
  const chosen = () => {
    close();
    button.focus();
    item.run();
  };
  return h(
    "button",
    { type: "button", role: "menuitem", class: item.isChosen ? "chosen" : "", onclick: chosen },
    h("span", {}, item.label),
    item.hint && h("small", {}, item.hint),
  );
}

function move(event, button, menu) {
  if (event.key === "Escape" && open) {
    event.stopPropagation();
    close();
    button.focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || menu.hidden || event.target.matches("input")) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}

export function close() {
  if (!open) return;
  open.querySelector(".menu").hidden = true;
  open.querySelector("[aria-haspopup]").setAttribute("aria-expanded", "false");
  open = null;
}

document.addEventListener("click", (event) => {
  if (open && !open.contains(event.target)) close();
});

/** Ask as a button's `confirm` says; whether the answer was yes. */
export function confirmed({ title, text, yes, no, isDanger }) {
  return new Promise((resolve) => {
    const answer = (value) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    const dialog = h(
      "dialog",
      { class: "dialog confirm", aria: { label: title }, oncancel: () => answer(false) },
      h("h2", {}, title),
      h("p", {}, text),
      h(
        "div",
        { class: "dialog-foot" },
        h("button", { type: "button", class: "button", onclick: () => answer(false) }, no),
        h(
          "button",
          {
            type: "button",
            class: `button ${isDanger ? "danger" : "primary"}`,
            onclick: () => answer(true),
          },
          yes,
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
