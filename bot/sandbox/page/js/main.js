// Puts the page together and draws it anew whenever the state changes.
import { Composer } from "./composer.js";
import { ControlPanel } from "./control/panel.js";
import { h } from "./dom.js";
import { listen, refresh } from "./events.js";
import { Welcome } from "./guide.js";
import { Header } from "./header.js";
import { Home } from "./home.js";
import { icon } from "./icons.js";
import { MessageList } from "./messages.js";
import { drawModals } from "./modal.js";
import { PersonSwitcher } from "./people.js";
import { walkRegions } from "./regions.js";
import { Sidebar } from "./sidebar.js";
import { channel, isApp, nameOf, page, subscribe } from "./state.js";
import { themeButton } from "./theme.js";
import { Thread } from "./thread.js";
import { showNotices, toast } from "./toasts.js";

const sidebar = new Sidebar();
const header = new Header();
const welcome = new Welcome();
const messages = new MessageList();
const home = new Home();
const composer = new Composer();
const thread = new Thread();
const people = new PersonSwitcher();
const control = new ControlPanel();

const offline = h("div", { class: "offline", role: "status", hidden: true }, "Connecting to the stand-in again…");
const menu = h(
  "button",
  { type: "button", class: "icon-button menu-button", "aria-label": "Channels", "aria-controls": "sidebar", onClick: () => document.body.classList.toggle("sidebar-open") },
  icon("menu"),
);
const brand = h("h1", { class: "brand" }, icon("route", 20), h("span", null, "Slack stand-in"));
const top = h("header", { class: "top" }, menu, brand, h("div", { class: "top-end" }, people.node, themeButton(), control.toggleButton));
const scrim = h("div", { class: "scrim", onClick: () => document.body.classList.remove("sidebar-open") });
const pane = h("section", { class: "pane", "aria-label": "Conversation" }, offline, header.node, welcome.node, messages.node, home.node, composer.node);
const workspace = h("div", { class: "workspace", id: "workspace" }, sidebar.node, scrim, h("main", { class: "main" }, pane, thread.node));
const stage = h("div", { class: "stage" }, workspace, h("div", { id: "layers" }));

document.getElementById("page").append(top, h("div", { class: "below" }, stage, control.node));

function draw() {
  offline.hidden = page.online;
  if (!page.snapshot || page.snapshot.me !== page.me) return;
  const one = channel();
  const onHome = Boolean(one) && isApp(one) && page.tab === "home";
  const title = one ? `${nameOf(one)} – ${page.snapshot.team.name} – Slack stand-in` : "Slack stand-in";
  if (document.title !== title) document.title = title;
  sidebar.draw();
  header.draw();
  welcome.draw();
  people.draw();
  messages.node.hidden = onHome;
  composer.node.hidden = onHome;
  if (!onHome) messages.draw();
  home.draw(onHome);
  composer.draw();
  thread.draw();
  drawModals();
  showNotices();
  control.draw();
}

subscribe(draw);
walkRegions();
document.addEventListener("page:refused", (event) => toast(event.detail, "error"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.body.classList.remove("sidebar-open");
});
// The relative times ("Last reply 2 minutes ago") grow old by themselves.
setInterval(draw, 60_000);

await refresh();
listen();
