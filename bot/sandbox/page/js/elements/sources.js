// Where a select's options come from: its own list, the app (type-ahead), or the workspace's people and channels.
import { page, isApp, nameOf } from "../state.js";
import { plain } from "../text.js";

const asText = (text) => ({ type: "plain_text", text });

function matching(groups, query) {
  const words = query.trim().toLowerCase();
  const fits = (option) => `${plain(option.text)} ${plain(option.description)}`.toLowerCase().includes(words);
  return groups.map((group) => ({ ...group, options: group.options.filter(fits) })).filter((group) => group.options.length);
}

function groupsOf(answer) {
  return answer.option_groups ?? [{ label: null, options: answer.options ?? [] }];
}

function people() {
  return page.snapshot.people
    .filter((one) => !one.deleted && one.kind !== "bot")
    .map((one) => ({ text: asText(one.real_name || one.name), description: one.title ? asText(one.title) : null, value: one.id }));
}

function places(kinds) {
  return page.snapshot.channels
    .filter((one) => kinds.includes(one.kind) && !one.is_archived && !isApp(one))
    .map((one) => ({ text: asText(one.kind === "im" ? nameOf(one) : `#${one.name}`), value: one.id }));
}

const LOCAL = {
  users_select: people,
  conversations_select: () => places(["channel", "private", "im"]),
  channels_select: () => places(["channel"]),
};

/** Describe a select: `find(query)` gives option groups, `fromState`/`toState` go between options and Slack's value. */
export function sourceOf(element, context) {
  const type = element.type.replace(/^multi_/, "");
  if (type === "external_select") {
    return {
      remote: true,
      shortest: element.min_query_length ?? 3,
      find: async (query) => groupsOf(await context.scope.options(context.blockId, element, query)),
      toOption: (value) => value,
      toValue: (option) => option,
    };
  }
  if (type === "static_select") {
    return {
      remote: false,
      shortest: 0,
      find: async (query) => matching(groupsOf(element), query),
      toOption: (value) => value,
      toValue: (option) => option,
    };
  }
  const list = LOCAL[type];
  return {
    remote: false,
    shortest: 0,
    find: async (query) => matching([{ label: null, options: list() }], query),
    toOption: (value) => list().find((option) => option.value === value) ?? { text: asText(value), value },
    toValue: (option) => option.value,
  };
}
