// What people type into and choose from. See elements.js for the place that they stand in.

import { h } from "./dom.js";
import { textObject } from "./text.js";
import { wallInput } from "./time.js";

let ids = 0;

export function typed(block, item, _reader, place, control) {
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

export function picked(block, item, _reader, place, type, preset) {
  const control = h("input", { type, class: "short" });
  control.value = place.answer(block, item) ?? preset ?? "";
  return changing(control, block, item, place, () => control.value || null);
}

export function moment(block, item, reader, place) {
  const preset = item.initial_date_time && wallInput(item.initial_date_time, reader.zone);
  const control = h("input", { type: "datetime-local", class: "short" });
  control.value = place.answer(block, item) ?? preset ?? "";
  const field = changing(control, block, item, place, () => control.value || null);
  return h("span", { class: "with-zone" }, field, h("small", {}, reader.zone.replace("_", " ")));
}

export function select(block, item, _reader, place, groups, preset) {
  const chosen = place.answer(block, item) ?? preset ?? "";
  const hint = item.placeholder?.text ?? "Choose an option";
  const control = h(
    "select",
    {},
    h("option", { value: "" }, hint),
    groups.map((group) =>
      group.label === null
        ? group.options.map((option) => h("option", { value: option.value }, option.label))
        : h(
            "optgroup",
            { label: group.label },
            group.options.map((o) => h("option", { value: o.value }, o.label)),
          ),
    ),
  );
  control.value = chosen;
  return changing(control, block, item, place, () => control.value || null);
}

export function choices(block, item, _reader, place, type, groups, preset) {
  const several = type === "checkbox";
  const held = place.answer(block, item) ?? preset;
  const name = `choice-${(ids += 1)}`;
  const group = h("div", { class: `choices ${several ? "several" : ""}` });
  const answer = () => {
    const chosen = [...group.querySelectorAll("input:checked")].map((one) => one.value);
    return several ? chosen : (chosen[0] ?? null);
  };
  const rows = groups
    .flatMap((one) => one.options)
    .map((option) => {
      const isChosen = several ? held?.includes(option.value) : held === option.value;
      const control = h("input", {
        type,
        name,
        value: option.value,
        data: { key: `${keyOf(block, item)}/${option.value}` },
      });
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

export function keyOf(block, item) {
  return `${block.block_id}/${item.action_id}`;
}

export function values(options) {
  return (options ?? []).map((option) => option.value);
}

export function optionsOf(item, reader) {
  const drawn = (options) =>
    options.map((option) => ({
      value: option.value,
      label: option.text.text,
      shown: textObject(option.text, reader),
      description: option.description ? textObject(option.description, reader) : null,
    }));
  if (item.options) return [{ label: null, options: drawn(item.options) }];
  return (item.option_groups ?? []).map((group) => ({
    label: group.label.text,
    options: drawn(group.options),
  }));
}

export function peopleOf(reader) {
  return ofNames(reader, (known) => known.kind === "person" && !known.is_app, "");
}

export function channelsOf(reader) {
  return ofNames(reader, (known) => known.kind === "channel" && known.name, "#");
}

function ofNames(reader, fits, mark) {
  const options = Object.entries(reader.names)
    .filter(([, known]) => fits(known))
    .map(([value, known]) => ({
      value,
      label: mark + known.name,
      shown: [mark + known.name],
      description: null,
    }));
  return [{ label: null, options }];
}
