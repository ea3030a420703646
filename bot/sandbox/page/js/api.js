// Speaks with the stand-in's server: JSON in, JSON out, same origin only.

export class Refused extends Error {}
export class Unreachable extends Refused {}

async function read(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // An empty answer is as good as an empty object.
  }
  if (!response.ok) throw new Refused(body?.error ?? `The stand-in answered ${response.status}.`);
  return body ?? {};
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Unreachable("The stand-in cannot be reached. Is it still running?");
  }
  return read(response);
}

export function get(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return call(query ? `${path}?${query}` : path, { cache: "no-store" });
}

export function post(path, body) {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
