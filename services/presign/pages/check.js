// The browser check: loads one object as viewers do, and tells the gateway what came of it.
//
// A module, to be loaded by the gateway's own page or by a page of the application:
//   <script type="module" src="https://…/v1/browser-checks/TOKEN/check.js"></script>
// `done` is what it saw; the page's window gets it as the event `mooring-browser-check`.

const VIEWER_HEADERS = {
  "Range": "bytes=-1",
  "If-Match": "*",
  "If-None-Match": '"none"',
  "If-Modified-Since": "Sat, 01 Nov 2025 02:00:00 GMT",
  "If-Range": '"none"',
};
const NEEDED = ["ETag", "Content-Range"]; // what every answer with a part has
const PATIENCE = 20_000; // milliseconds for one request

const here = (name) => new URL(name, import.meta.url);

// Nothing is taken from the cache, where an image may lie that was loaded without CORS.
const options = (more = {}) => ({
  cache: "no-store",
  credentials: "omit",
  referrerPolicy: "no-referrer",
  signal: AbortSignal.timeout(PATIENCE),
  ...more,
});

async function leave(answer) {
  await answer.body?.cancel();
  return answer;
}

function loadImage(url) {
  return new Promise((settle) => {
    const image = new Image();
    const late = setTimeout(() => settle(false), PATIENCE);
    image.referrerPolicy = "no-referrer";
    image.onload = image.onerror = (event) => {
      clearTimeout(late);
      settle(event.type === "load");
    };
    image.src = url;
  });
}

async function reach(questions) {
  if (questions.is_image && (await loadImage(questions.get))) return "loaded";
  try {
    await leave(await fetch(questions.get, options({ mode: "no-cors" })));
  } catch {
    return "unreachable";
  }
  return questions.is_image ? "refused" : "answered";
}

async function read(url, more, judge) {
  try {
    return judge(await leave(await fetch(url, options(more))));
  } catch {
    return "blocked";
  }
}

const isFetched = (answer) => (answer.ok ? "read" : "refused");

function isPart(answer) {
  if (answer.status === 200) return "whole";
  if (answer.status !== 206) return "refused";
  return NEEDED.every((name) => answer.headers.has(name)) ? "read" : "hidden";
}

async function look(questions, isOwn) {
  const reached = await reach(questions);
  const seen = { reached, get: "skipped", preflight: "skipped", range: "skipped", head: "skipped" };
  if (!isOwn || reached === "unreachable") return seen;
  const { get, head } = questions;
  return {
    reached,
    get: await read(get, {}, isFetched),
    // Whatever the store thinks of the conditions: that it was asked is what counts.
    preflight: await read(get, { headers: VIEWER_HEADERS }, () => "read"),
    range: await read(get, { headers: { "Range": "bytes=0-0" } }, isPart),
    head: await read(head, { method: "HEAD" }, isFetched),
  };
}

async function tell(seen) {
  // A body without a type needs no preflight, wherever the page is.
  const body = new Blob([JSON.stringify(seen)]);
  try {
    return (await fetch(here("results"), options({ method: "POST", body }))).ok;
  } catch {
    return false;
  }
}

async function check() {
  let questions;
  try {
    const answer = await fetch(here("questions"), options());
    if (!answer.ok) return { seen: null, isOwn: false, told: false };
    questions = await answer.json();
  } catch {
    return { seen: null, isOwn: false, told: false };
  }
  const isOwn = questions.origins.includes(location.origin);
  const seen = await look(questions, isOwn);
  return { seen, isOwn, told: await tell(seen) };
}

export const done = check();
done.then((detail) => dispatchEvent(new CustomEvent("mooring-browser-check", { detail })));
