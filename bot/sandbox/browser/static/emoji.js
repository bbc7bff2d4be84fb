// Emoji by the short names that Slack gives them: those that Casebell uses, and a few that people type.

export const EMOJI = new Map(Object.entries({
  "+1": "👍", bell: "🔔", calendar: "📅", construction: "🚧", eyes: "👀", fire: "🔥",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", information_source: "ℹ️",
  large_blue_circle: "🔵", large_green_circle: "🟢", large_orange_circle: "🟠",
  large_yellow_circle: "🟡", leftwards_arrow_with_hook: "↩️", no_bell: "🔕", pager: "📟",
  paperclip: "📎", pray: "🙏", pushpin: "📌", raising_hand: "🙋", red_circle: "🔴",
  rotating_light: "🚨", satellite: "🛰️", slightly_smiling_face: "🙂", smile: "😄", sos: "🆘",
  sunrise: "🌅", tada: "🎉", telephone_receiver: "📞", thumbsup: "👍", warning: "⚠️", wave: "👋",
  white_check_mark: "✅", wrench: "🔧", x: "❌", zzz: "💤",
}));
