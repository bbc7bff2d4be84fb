// Slack's text as elements of the page. Whatever people write becomes text nodes, never markup.

import { h, icon } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { date, wall } from "./time.js";

const TOKEN_OR_STYLE =
  /<([^<>\s][^<>]*)>|(?<!\w)([*_~`])(\S(?:[^\n]*?\S)?)\2(?!\w)|:([a-z0-9_+-]+):/g;
const FENCE = /```\n?([\s\S]*?)\n?```/g;
const QUOTED = /^(?:&gt;|>) ?/;
const DATE = /^!date\^(\d+)\^([^|^]*)(?:\^[^|]*)?\|?([\s\S]*)$/;
const PERMALINK =
  /^https:\/\/[\w-]+\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?.*?thread_ts=([\d.]+))?/;
const STYLES = { "*": "strong", _: "em", "~": "s" };

/**
 * A text object: plain text as it is, mrkdwn with its marks.
 *
 * `reader` says for whom: names behind ids, zone, now, and how to go to a conversation.
 */
export function textObject(object, reader) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, reader);
  return object.emoji === false ? [object.text] : withEmoji(object.text);
}

/** Slack's mrkdwn, as nodes. https://docs.slack.dev/messaging/formatting-message-text */
export function mrkdwn(text, reader) {
  const nodes = [];
  let from = 0;
  for (const fence of text.matchAll(FENCE)) {
    nodes.push(...quotes(text.slice(from, fence.index), reader));
    nodes.push(h("pre", {}, unescape(fence[1])));
    from = fence.index + fence[0].length;
  }
  nodes.push(...quotes(text.slice(from), reader));
  return nodes;
}

/** The words of mrkdwn alone, on one line: for a toast. */
export function words(text, reader) {
  const holder = h("span", {}, ...mrkdwn(text, reader));
  return holder.textContent.replace(/\s+/g, " ").trim();
}

/** Only the three entities that Slack knows, and each once. */
export function unescape(text) {
  return text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

function quotes(text, reader) {
  const nodes = [];
  let plain = [];
  let quoted = [];
  const flush = () => {
    if (quoted.length) nodes.push(h("blockquote", {}, ...inline(quoted.join("\n"), reader)));
    if (plain.length) nodes.push(...inline(plain.join("\n"), reader));
    plain = [];
    quoted = [];
  };
  for (const line of text.split("\n")) {
    const isQuoted = QUOTED.test(line);
    if (isQuoted !== quoted.length > 0) flush();
    if (isQuoted) quoted.push(line.replace(QUOTED, ""));
    else plain.push(line);
  }
  flush();
  return nodes;
}

function inline(text, reader) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(TOKEN_OR_STYLE)) {
    if (found.index > from) nodes.push(unescape(text.slice(from, found.index)));
    nodes.push(piece(found, reader));
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push(unescape(text.slice(from)));
  return nodes;
}

function piece([whole, token, mark, marked, emoji], reader) {
  if (token !== undefined) return tokenNode(token, reader);
  if (emoji !== undefined) return EMOJI.get(emoji) ?? whole;
  if (mark === "`") return h("code", {}, unescape(marked.replace(/<([^<>|]*)(\|[^<>]*)?>/g, "$1")));
  return h(STYLES[mark], {}, ...inline(marked, reader));
}

function tokenNode(token, reader) {
  const [target, ...rest] = token.split("|");
  const label = unescape(rest.join("|"));
  const id = target.slice(1);
  switch (target[0]) {
    case "@":
      return mention(id, reader);
    case "#":
      return channel(id, label, reader);
    case "!": {
      const found = DATE.exec(token);
      return found ? dateNode(found, reader) : h("span", { class: "mention" }, label || `@${id}`);
    }
    default:
      return link(unescape(target), label, reader);
  }
}

function mention(id, reader) {
  const isMe = id === reader.me;
  return h("span", { class: `mention ${isMe ? "me" : ""}` }, `@${reader.names[id]?.name ?? id}`);
}

function channel(id, label, reader) {
  const known = reader.names[id];
  if (!known?.name)
    return h("span", { class: "mention" }, icon("lock"), label || "a private channel");
  const go = (event) => {
    event.preventDefault();
    reader.goTo(id);
  };
  return h("a", { class: "mention", href: "#", onclick: go }, `#${known.name}`);
}

function dateNode([, unix, template, fallback], reader) {
  const at = Number(unix);
  const shown = date(template, at, reader.zone, reader.now) || fallback;
  const exact = `${wall(at, reader.zone)} in ${reader.zone}`;
  return h("time", { datetime: new Date(at * 1000).toISOString(), title: exact }, shown);
}

function link(url, label, reader) {
  const here = PERMALINK.exec(url);
  if (here) {
    const [, room, seconds, micros, thread] = here;
    const go = (event) => {
      event.preventDefault();
      reader.goTo(room, thread ?? `${seconds}.${micros}`);
    };
    return h("a", { href: "#", onclick: go }, label || url);
  }
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return label || url;
  const shown = label || url.replace(/^mailto:/, "");
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, shown);
}

function withEmoji(text) {
  return [text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI.get(name) ?? whole)];
}
