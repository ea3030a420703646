// Writes times in the reader's own zone, in the forms that Slack's date tokens name.

const hour12 = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hour12 ?? true;
const DAY = 86_400_000;

function form(options) {
  const formatter = new Intl.DateTimeFormat("en-US", options);
  return (date) => formatter.format(date);
}

const clock = form({ hour: "numeric", minute: "2-digit", hour12 });
const clockSeconds = form({ hour: "numeric", minute: "2-digit", second: "2-digit", hour12 });
const weekday = form({ weekday: "long" });
const month = form({ month: "long" });
const short = form({ month: "short", day: "numeric", year: "numeric" });

function ordinal(day) {
  const rest = day % 100;
  if (rest >= 11 && rest <= 13) return `${day}th`;
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

function daysAway(date) {
  const midnight = (one) => new Date(one.getFullYear(), one.getMonth(), one.getDate()).getTime();
  return Math.round((midnight(date) - midnight(new Date())) / DAY);
}

function pretty(date, otherwise) {
  const word = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[daysAway(date)];
  return word ?? otherwise(date);
}

const long = (date) => `${month(date)} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
const longDay = (date) => `${weekday(date)}, ${long(date)}`;
const pad = (number) => String(number).padStart(2, "0");
const number = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

export function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const steps = [["day", 86_400], ["hour", 3600], ["minute", 60]];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(seconds, "second");
}

const TOKENS = {
  date_num: number,
  date: long,
  date_short: short,
  date_long: longDay,
  date_pretty: (date) => pretty(date, long),
  date_short_pretty: (date) => pretty(date, short),
  date_long_pretty: (date) => pretty(date, longDay),
  date_long_full: longDay,
  time: clock,
  time_secs: clockSeconds,
  ago,
};

/** Fill a Slack date format such as "{date_short_pretty} at {time}". */
export function fillDate(seconds, pattern) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  return pattern.replace(/\{(\w+)\}/g, (whole, token) => TOKENS[token]?.(date) ?? whole);
}

export const dateOfTs = (ts) => new Date(Number(ts) * 1000);
export const clockTime = clock;
export const fullTime = (date) => `${longDay(date)} at ${clockSeconds(date)}`;
export const dayKey = number;

export function dayHeading(date) {
  const word = pretty(date, (one) => `${weekday(one)}, ${month(one)} ${ordinal(one.getDate())}`);
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Say when in one phrase: "today at 3:04 PM". */
export const dayAndTime = (date) => `${pretty(date, long)} at ${clock(date)}`;
