// Building the page: elements by name, and text that is never anything but text.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with its properties and children. Names that start with "on" are listeners, `class`,
 * `data` and `aria` go where they belong, null and false are left out. Strings become text nodes.
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) set(element, key, value);
  element.append(...known(children));
  return element;
}

/** A picture of ours, by its name in icons.svg; it says nothing to screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * A round picture of somebody: the first letter of their name, or the bell of an app. Its colour is
 * of their first name, so that what the bot posts for "Dora (Logik.io)" looks like Dora.
 */
export function avatar(name, { isApp = false, size = "" } = {}) {
  const tint = [...name.split(" ")[0]].reduce((sum, letter) => (sum * 37 + letter.charCodeAt(0)) % 997, 10) % 7;
  const look = isApp ? "app" : `tint-${tint}`;
  const inside = isApp ? icon("bell") : name.slice(0, 1).toUpperCase();
  return h("span", { class: `avatar ${look} ${size}`, aria: { hidden: "true" } }, inside);
}

/** Put these children in place of what is there. */
export function fill(element, ...children) {
  element.replaceChildren(...known(children));
}

/** Words for screen readers alone. */
export function unseen(text) {
  return h("span", { class: "unseen" }, text);
}

function known(children) {
  const nothing = [null, undefined, false, ""];
  return children.flat(Infinity).filter((child) => !nothing.includes(child));
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "class") element.className = value.trim();
  else if (key === "data") Object.assign(element.dataset, value);
  else if (key === "aria") {
    for (const [name, word] of Object.entries(value)) {
      if (word !== null && word !== undefined) element.setAttribute(`aria-${name}`, word);
    }
  } else element.setAttribute(key, value === true ? "" : value);
}
