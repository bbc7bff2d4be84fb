// Block Kit's elements: buttons, menus and inputs. https://docs.slack.dev/reference/block-kit
//
// A `place` is where an element stands, a message or a view. It has:
//   press(block, element), choose(block, element, answer): tell the bot
//   answer(block, element): what an input holds; hold(block, element, answer): what was typed
//   keep: whether it is a view, whose inputs hold their answers until it is submitted

import { h, icon } from "./dom.js";
import {
  channelsOf,
  choices,
  keyOf,
  moment,
  optionsOf,
  peopleOf,
  picked,
  select,
  typed,
  values,
} from "./inputs.js";
import { confirmed, menuButton } from "./menus.js";
import { textObject } from "./text.js";

/** An element, or a box that says which kind is not known here. */
export function element(block, item, reader, place) {
  const make = ELEMENTS[item.type];
  return make ? make(block, item, reader, place) : unknown(item);
}

/** What this page cannot draw is shown as what it is. */
export function unknown(thing) {
  return h(
    "details",
    { class: "unknown" },
    h("summary", {}, `Not drawn here: ${thing.type}`),
    h("pre", {}, JSON.stringify(thing, null, 2)),
  );
}

export const ELEMENTS = {
  button,
  overflow,
  image: (_block, item) => pictureOf(item),
  plain_text_input: (block, item, reader, place) =>
    typed(
      block,
      item,
      reader,
      place,
      item.multiline ? h("textarea", { rows: 4 }) : h("input", { type: "text" }),
    ),
  number_input: (block, item, reader, place) =>
    typed(
      block,
      item,
      reader,
      place,
      h("input", {
        type: "text",
        inputmode: item.is_decimal_allowed ? "decimal" : "numeric",
        class: "short",
      }),
    ),
  email_text_input: (block, item, reader, place) =>
    typed(block, item, reader, place, h("input", { type: "text", inputmode: "email" })),
  url_text_input: (block, item, reader, place) =>
    typed(block, item, reader, place, h("input", { type: "text", inputmode: "url" })),
  datepicker: (block, item, reader, place) =>
    picked(block, item, reader, place, "date", item.initial_date),
  timepicker: (block, item, reader, place) =>
    picked(block, item, reader, place, "time", item.initial_time),
  datetimepicker: moment,
  static_select: (block, item, reader, place) =>
    select(block, item, reader, place, optionsOf(item, reader), item.initial_option?.value),
  users_select: (block, item, reader, place) =>
    select(block, item, reader, place, peopleOf(reader), item.initial_user),
  channels_select: (block, item, reader, place) =>
    select(block, item, reader, place, channelsOf(reader), item.initial_channel),
  conversations_select: (block, item, reader, place) =>
    select(block, item, reader, place, channelsOf(reader), item.initial_conversation),
  radio_buttons: (block, item, reader, place) =>
    choices(
      block,
      item,
      reader,
      place,
      "radio",
      optionsOf(item, reader),
      item.initial_option?.value,
    ),
  checkboxes: (block, item, reader, place) =>
    choices(
      block,
      item,
      reader,
      place,
      "checkbox",
      optionsOf(item, reader),
      values(item.initial_options),
    ),
  multi_static_select: (block, item, reader, place) =>
    choices(
      block,
      item,
      reader,
      place,
      "checkbox",
      optionsOf(item, reader),
      values(item.initial_options),
    ),
  multi_users_select: (block, item, reader, place) =>
    choices(block, item, reader, place, "checkbox", peopleOf(reader), item.initial_users ?? []),
  multi_channels_select: (block, item, reader, place) =>
    choices(
      block,
      item,
      reader,
      place,
      "checkbox",
      channelsOf(reader),
      item.initial_channels ?? [],
    ),
  multi_conversations_select: (block, item, reader, place) =>
    choices(
      block,
      item,
      reader,
      place,
      "checkbox",
      channelsOf(reader),
      item.initial_conversations ?? [],
    ),
};

/** Whether this kind of input is several controls, which want a group and not one label. */
export function isGroup(item) {
  return ["radio_buttons", "checkboxes"].includes(item.type) || item.type.startsWith("multi_");
}

/** A picture is named and not loaded: nothing here is fetched from elsewhere. */
export function pictureOf(item) {
  return h(
    "span",
    { class: "picture", title: item.image_url ?? null },
    icon("file"),
    item.alt_text,
  );
}

function button(block, item, reader, place) {
  const run = async () => {
    if (item.confirm && !(await asked(item.confirm, reader))) return;
    node.setAttribute("aria-busy", "true");
    await place.press(block, item);
    node.removeAttribute("aria-busy");
  };
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${item.style ?? ""}`,
      onclick: run,
      data: { key: keyOf(block, item) },
      aria: { label: item.accessibility_label },
    },
    ...textObject(item.text, reader),
  );
  return node;
}

function overflow(block, item, reader, place) {
  const options = () =>
    item.options.map((option) => ({
      label: option.text.text,
      hint: option.description?.text,
      run: async () => {
        if (item.confirm && !(await asked(item.confirm, reader))) return;
        await place.choose(block, item, option.value);
      },
    }));
  const properties = {
    class: "button overflow",
    aria: { label: "More actions" },
    data: { key: keyOf(block, item) },
  };
  return menuButton(properties, icon("dots"), options);
}

function asked(confirm, reader) {
  return confirmed({
    title: confirm.title.text,
    text: h("span", {}, ...textObject(confirm.text, reader)),
    yes: confirm.confirm.text,
    no: confirm.deny.text,
    isDanger: confirm.style === "danger",
  });
}
