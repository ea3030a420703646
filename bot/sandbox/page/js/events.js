// Keeps the snapshot fresh: listens to server-sent events and fetches the state when one arrives.
import { get, Unreachable } from "./api.js";
import { look, page, take } from "./state.js";

let source = null;
let inFlight = false;
let again = false;
let freshStart = true;

/** Fetch the state; calls that come while one is under way share the next one. */
export async function refresh() {
  if (inFlight) {
    again = true;
    return;
  }
  inFlight = true;
  const asked = page.me;
  try {
    const snapshot = await get("/page/state", asked ? { as: asked } : {});
    if (asked === page.me || asked === null) take(snapshot, { anyRevision: freshStart });
    freshStart = false;
  } catch (error) {
    if (page.snapshot === null && asked !== null) {
      // An address from another time may name somebody who is not here: begin as the first person.
      page.me = null;
      again = true;
    }
    // The bar at the head of the conversation tells that the server is away.
    if (!(error instanceof Unreachable)) document.dispatchEvent(new CustomEvent("page:refused", { detail: error.message }));
  } finally {
    inFlight = false;
    if (again) {
      again = false;
      await refresh();
    }
  }
}

/** Listen as the present person. After a gap any revision is believed: the server may have started anew. */
export function listen() {
  source?.close();
  source = new EventSource(`/page/events?as=${encodeURIComponent(page.me)}`);
  source.addEventListener("open", () => {
    freshStart = true;
    if (!page.online) look({ online: true });
    refresh();
  });
  source.addEventListener("state", () => refresh());
  source.addEventListener("error", () => {
    if (page.online) look({ online: false });
  });
}

/** Become another person in this window. */
export async function become(id) {
  source?.close();
  freshStart = true;
  look({ me: id, thread: null });
  await refresh();
  listen();
}
