// Instants as people read them. Instants are Unix seconds; zones are names such as Europe/Berlin.

const formats = new Map();
const DAY = 86400;
const YEAR_IS_DROPPED_WITHIN = 183 * DAY;

/** The parts of an instant on somebody's wall: year, month, day, hour ... as strings. */
function parts(at, zone) {
  const format = formatter(zone, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(at * 1000).map((part) => [part.type, part.value]));
}

function formatter(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key))
    formats.set(key, new Intl.DateTimeFormat("en-US", { timeZone: zone, ...options }));
  return formats.get(key);
}

function say(at, zone, options) {
  return formatter(zone, options)
    .format(at * 1000)
    .replace(/\u202f/g, " ");
}

/** The date of an instant, to compare with others: 2026-11-24. */
export function day(at, zone) {
  const p = parts(at, zone);
  return `${p.year}-${p.month}-${p.day}`;
}

/** "10:05 AM" */
export function clockTime(at, zone) {
  return say(at, zone, { hour: "numeric", minute: "2-digit" });
}

/** "Tue 24 Nov, 10:00", by the 24-hour clock, perhaps with seconds. */
export function wall(at, zone, { seconds = false } = {}) {
  const p = parts(at, zone);
  const date = `${say(at, zone, { weekday: "short" })} ${Number(p.day)} ${say(at, zone, { month: "short" })}`;
  return `${date}, ${p.hour}:${p.minute}${seconds ? `:${p.second}` : ""}`;
}

/** What `datetime-local` inputs hold: 2026-11-24T10:00 */
export function wallInput(at, zone) {
  const p = parts(at, zone);
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`;
}

/** The heading above the messages of a day: "Today", "Yesterday", "Friday, November 27th". */
export function dayHeading(at, zone, now) {
  return date("{date_long_pretty}", at, zone, now).replace(/^./, (first) => first.toUpperCase());
}

/**
 * A date token's template, filled in as Slack does: {date_short_pretty} at {time}.
 * https://docs.slack.dev/messaging/formatting-message-text
 */
export function date(template, at, zone, now) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => part(name, at, zone, now) ?? whole);
}

function part(name, at, zone, now) {
  const p = parts(at, zone);
  const year = Math.abs(at - now) < YEAR_IS_DROPPED_WITHIN ? "" : `, ${p.year}`;
  const away = (Date.parse(day(at, zone)) - Date.parse(day(now, zone))) / (DAY * 1000);
  const near = { [-1]: "yesterday", 0: "today", 1: "tomorrow" }[away];
  if (name.endsWith("_pretty") && near) return near;
  const month = say(at, zone, { month: "long" });
  const number = Number(p.day);
  switch (name.replace(/_pretty$/, "")) {
    case "date_num":
      return day(at, zone);
    case "date":
      return `${month} ${ordinal(number)}${year}`;
    case "date_short":
      return `${say(at, zone, { month: "short" })} ${number}${year}`;
    case "date_long":
      return `${say(at, zone, { weekday: "long" })}, ${month} ${ordinal(number)}${year}`;
    case "time":
      return clockTime(at, zone);
    case "time_secs":
      return say(at, zone, { hour: "numeric", minute: "2-digit", second: "2-digit" });
    case "ago":
      return ago(at - now);
    default:
      return null;
  }
}

function ordinal(number) {
  if (number >= 11 && number <= 13) return `${number}th`;
  return `${number}${{ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th"}`;
}

function ago(seconds) {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const [count, unit] = minutes < 60 ? [minutes, "minute"] : [Math.floor(minutes / 60), "hour"];
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}
