// Block Kit's blocks. https://docs.slack.dev/reference/block-kit/blocks

import { h } from "./dom.js";
import { element, isGroup, pictureOf, unknown } from "./elements.js";
import { mrkdwn, textObject } from "./text.js";

/** Blocks from top to bottom; one that is not known is shown as such, never dropped. */
export function blocks(list, reader, place) {
  return list.map((block) => (BLOCKS[block.type] ?? unknownBlock)(block, reader, place));
}

export const BLOCKS = {
  header: (block, reader) => h("h3", { class: "block header" }, ...textObject(block.text, reader)),
  divider: () => h("hr", { class: "block" }),
  section,
  context: (block, reader) =>
    h(
      "div",
      { class: "block context" },
      block.elements.map((one) =>
        one.type === "image" ? pictureOf(one) : h("span", {}, ...textObject(one, reader)),
      ),
    ),
  actions: (block, reader, place) =>
    h(
      "div",
      { class: "block actions" },
      block.elements.map((one) => element(block, one, reader, place)),
    ),
  image: (block, reader) =>
    h(
      "figure",
      { class: "block" },
      block.title && h("figcaption", {}, ...textObject(block.title, reader)),
      pictureOf(block),
    ),
  input,
  markdown: (block) => h("div", { class: "block text" }, block.text),
  alert: (block, reader) =>
    h("div", { class: `block alert ${block.level ?? ""}` }, ...textObject(block.text, reader)),
};

function unknownBlock(block) {
  return h("div", { class: "block" }, unknown(block));
}

function section(block, reader, place) {
  const said = [
    block.text && h("div", { class: "text" }, ...textObject(block.text, reader)),
    block.fields &&
      h(
        "div",
        { class: "fields" },
        block.fields.map((one) => h("div", { class: "text" }, ...textObject(one, reader))),
      ),
  ];
  const beside =
    block.accessory &&
    h("div", { class: "accessory" }, element(block, block.accessory, reader, place));
  return h(
    "div",
    { class: `block section ${beside ? "with-accessory" : ""}` },
    h("div", { class: "said" }, said),
    beside,
  );
}

function input(block, reader, place) {
  const control = element(block, block.element, reader, place);
  const focused = control.matches("input, select, textarea")
    ? control
    : control.querySelector("input, select, textarea");
  const error = place.errors?.[block.block_id];
  const id = `field-${block.block_id}`;
  const described =
    [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || null;
  const label = [
    ...textObject(block.label, reader),
    block.optional && h("span", { class: "optional" }, " (optional)"),
  ];
  const below = [
    error && h("p", { class: "error", id: `${id}-error`, role: "alert" }, error),
    block.hint && h("p", { class: "hint", id: `${id}-hint` }, ...textObject(block.hint, reader)),
  ];
  if (isGroup(block.element)) {
    return h(
      "fieldset",
      { class: `block input ${error ? "wrong" : ""}`, aria: { describedby: described } },
      h("legend", {}, label),
      control,
      below,
    );
  }
  if (focused) {
    if (described) focused.setAttribute("aria-describedby", described);
    if (error) focused.setAttribute("aria-invalid", "true");
    if (!block.optional) focused.setAttribute("aria-required", "true");
  }
  return h(
    "div",
    { class: `block input ${error ? "wrong" : ""}` },
    h("label", { for: focused?.id ?? null }, label),
    control,
    below,
  );
}

/** What a message says: its blocks, or its text where it has none. */
export function contentOf(message, reader, place) {
  if (message.blocks.length) return blocks(message.blocks, reader, place);
  return message.text ? [h("div", { class: "block text" }, ...mrkdwn(message.text, reader))] : [];
}
