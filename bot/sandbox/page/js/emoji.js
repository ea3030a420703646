// The emoji names that a bot of this kind uses; any other name stays as it was written.

const NAMES = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔",
  no_entry_sign: "🚫", warning: "⚠️", exclamation: "❗", question: "❓", grey_question: "❔",
  information_source: "ℹ️", hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰",
  clock1: "🕐", calendar: "📅", date: "📅", phone: "☎️", telephone: "☎️", telephone_receiver: "📞",
  iphone: "📱", calling: "📲", robot_face: "🤖", wave: "👋", tada: "🎉", eyes: "👀", lock: "🔒",
  unlock: "🔓", key: "🔑", link: "🔗", bell: "🔔", no_bell: "🔕", speech_balloon: "💬", memo: "📝",
  pencil: "📝", pencil2: "✏️", mag: "🔍", bulb: "💡", rocket: "🚀", fire: "🔥", zap: "⚡", sparkles: "✨",
  repeat: "🔁", arrows_counterclockwise: "🔄", leftwards_arrow_with_hook: "↩️", arrow_right: "➡️",
  arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", heavy_plus_sign: "➕", heavy_minus_sign: "➖",
  double_vertical_bar: "⏸️", pause_button: "⏸️", arrow_forward: "▶️", black_square_for_stop: "⏹️",
  red_circle: "🔴", large_blue_circle: "🔵", large_green_circle: "🟢", large_yellow_circle: "🟡",
  white_circle: "⚪", black_circle: "⚫", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎",
  smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", pray: "🙏", raised_hands: "🙌",
  clipboard: "📋", page_facing_up: "📄", bookmark_tabs: "📑", chart_with_upwards_trend: "📈", gear: "⚙️",
  wrench: "🔧", hammer: "🔨", lock_with_ink_pen: "🔏", wastebasket: "🗑️", globe_with_meridians: "🌐",
  inbox_tray: "📥", outbox_tray: "📤", twisted_rightwards_arrows: "🔀", busts_in_silhouette: "👥", rotating_light: "🚨",
};

export const NAME = /:([a-z0-9_+-]+):/g;

export function emoji(name) {
  return NAMES[name] ?? null;
}

export function withEmoji(text) {
  return text.replace(NAME, (whole, name) => NAMES[name] ?? whole);
}

/** Turn the code points of a rich text emoji ("1f44b-1f3fb") into the character. */
export function fromCodePoints(points) {
  try {
    return String.fromCodePoint(...points.split("-").map((point) => Number.parseInt(point, 16)));
  } catch {
    return null;
  }
}
