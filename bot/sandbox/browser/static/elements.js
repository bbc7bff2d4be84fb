// Block Kit's elements: buttons, menus and inputs. https://docs.slack.dev/reference/block-kit
//
// A `place` is where an element stands, a message or a view. It has:
//   press(block, element), choose(block, element, answer): tell the bot
//   answer(block, element): what an input holds; hold(block, element, answer): what was typed
//   keep: whether it is a view, whose inputs hold their answers until it is submitted

import { h, icon } from "./dom.js";
import { confirmed, menuButton } from "./menus.js";
import { textObject } from "./text.js";
import { wallInput } from "./time.js";

let ids = 0;

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
    typed(block, item, reader, place, item.multiline ? h("textarea", { rows: 4 }) : h("input", { type: "text" })),
  number_input: (block, item, reader, place) =>
    typed(block, item, reader, place, h("input", {
      type: "text", inputmode: item.is_decimal_allowed ? "decimal" : "numeric", class: "short",
    })),
  email_text_input: (block, item, reader, place) =>
    typed(block, item, reader, place, h("input", { type: "text", inputmode: "email" })),
  url_text_input: (block, item, reader, place) =>
    typed(block, item, reader, place, h("input", { type: "text", inputmode: "url" })),
  datepicker: (block, item, reader, place) => picked(block, item, reader, place, "date", item.initial_date),
  timepicker: (block, item, reader, place) => picked(block, item, reader, place, "time", item.initial_time),
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
    choices(block, item, reader, place, "radio", optionsOf(item, reader), item.initial_option?.value),
  checkboxes: (block, item, reader, place) =>
    choices(block, item, reader, place, "checkbox", optionsOf(item, reader), values(item.initial_options)),
  multi_static_select: (block, item, reader, place) =>
    choices(block, item, reader, place, "checkbox", optionsOf(item, reader), values(item.initial_options)),
  multi_users_select: (block, item, reader, place) =>
    choices(block, item, reader, place, "checkbox", peopleOf(reader), item.initial_users ?? []),
  multi_channels_select: (block, item, reader, place) =>
    choices(block, item, reader, place, "checkbox", channelsOf(reader), item.initial_channels ?? []),
  multi_conversations_select: (block, item, reader, place) =>
    choices(block, item, reader, place, "checkbox", channelsOf(reader), item.initial_conversations ?? []),
};

/** Whether this kind of input is several controls, which want a group and not one label. */
export function isGroup(item) {
  return ["radio_buttons", "checkboxes"].includes(item.type) || item.type.startsWith("multi_");
}

/** A picture is named and not loaded: nothing here is fetched from elsewhere. */
export function pictureOf(item) {
  return h("span", { class: "picture", title: item.image_url ?? null }, icon("file"), item.alt_text);
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
  const options = () => item.options.map((option) => ({
    label: option.text.text,
    hint: option.description?.text,
    run: async () => {
      if (item.confirm && !(await asked(item.confirm, reader))) return;
      await place.choose(block, item, option.value);
    },
  }));
  const properties = { class: "button overflow", aria: { label: "More actions" }, data: { key: keyOf(block, item) } };
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

function typed(block, item, _reader, place, control) {
  control.value = place.answer(block, item) ?? item.initial_value ?? "";
  if (item.placeholder) control.placeholder = item.placeholder.text;
  if (item.max_length) control.maxLength = item.max_length;
  control.addEventListener("input", () => place.hold(block, item, control.value || null));
  if (!place.keep || block.dispatch_action) {
    control.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.matches("textarea")) return;
      event.preventDefault();
      place.choose(block, item, control.value || null);
    });
  }
  return named(control, block, item);
}

function picked(block, item, _reader, place, type, preset) {
  const control = h("input", { type, class: "short" });
  control.value = place.answer(block, item) ?? preset ?? "";
  return changing(control, block, item, place, () => control.value || null);
}

function moment(block, item, reader, place) {
  const preset = item.initial_date_time && wallInput(item.initial_date_time, reader.zone);
  const control = h("input", { type: "datetime-local", class: "short" });
  control.value = place.answer(block, item) ?? preset ?? "";
  const field = changing(control, block, item, place, () => control.value || null);
  return h("span", { class: "with-zone" }, field, h("small", {}, reader.zone.replace("_", " ")));
}

function select(block, item, _reader, place, groups, preset) {
  const chosen = place.answer(block, item) ?? preset ?? "";
  const hint = item.placeholder?.text ?? "Choose an option";
  const control = h(
    "select",
    {},
    h("option", { value: "" }, hint),
    groups.map((group) =>
      group.label === null
        ? group.options.map((option) => h("option", { value: option.value }, option.label))
        : h("optgroup", { label: group.label }, group.options.map((o) => h("option", { value: o.value }, o.label))),
    ),
  );
  control.value = chosen;
  return changing(control, block, item, place, () => control.value || null);
}

function choices(block, item, _reader, place, type, groups, preset) {
  const several = type === "checkbox";
  const held = place.answer(block, item) ?? preset;
  const name = `choice-${(ids += 1)}`;
  const group = h("div", { class: `choices ${several ? "several" : ""}` });
  const answer = () => {
    const chosen = [...group.querySelectorAll("input:checked")].map((one) => one.value);
    return several ? chosen : (chosen[0] ?? null);
  };
  const rows = groups.flatMap((one) => one.options).map((option) => {
    const isChosen = several ? held?.includes(option.value) : held === option.value;
    const control = h("input", { type, name, value: option.value, data: { key: `${keyOf(block, item)}/${option.value}` } });
    control.checked = Boolean(isChosen);
    control.addEventListener("change", () => changed(block, item, place, answer()));
    return h(
      "label",
      { class: "choice" },
      control,
      h("span", {}, ...option.shown, option.description && h("small", {}, ...option.description)),
    );
  });
  group.append(...rows);
  return group;
}

function changing(control, block, item, place, answer) {
  control.addEventListener("change", () => changed(block, item, place, answer()));
  return named(control, block, item);
}

function changed(block, item, place, answer) {
  place.hold(block, item, answer);
  if (block.type !== "input" || block.dispatch_action) place.choose(block, item, answer);
}

function named(control, block, item) {
  control.id = `input-${(ids += 1)}`;
  control.dataset.key = keyOf(block, item);
  return control;
}

function keyOf(block, item) {
  return `${block.block_id}/${item.action_id}`;
}

function values(options) {
  return (options ?? []).map((option) => option.value);
}

function optionsOf(item, reader) {
  const drawn = (options) => options.map((option) => ({
    value: option.value,
    label: option.text.text,
    shown: textObject(option.text, reader),
    description: option.description ? textObject(option.description, reader) : null,
  }));
  if (item.options) return [{ label: null, options: drawn(item.options) }];
  return (item.option_groups ?? []).map((group) => ({ label: group.label.text, options: drawn(group.options) }));
}

function peopleOf(reader) {
  return ofNames(reader, (known) => known.kind === "person" && !known.is_app, "");
}

function channelsOf(reader) {
  return ofNames(reader, (known) => known.kind === "channel" && known.name, "#");
}

function ofNames(reader, fits, mark) {
  const options = Object.entries(reader.names)
    .filter(([, known]) => fits(known))
    .map(([value, known]) => ({ value, label: mark + known.name, shown: [mark + known.name], description: null }));
  return [{ label: null, options }];
}
