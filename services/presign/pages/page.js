// The page around the check: says in words what the browser saw.
import { done } from "./check.js";

const REACHED = {
  loaded: ["good", "The file was loaded. This network reaches your bucket."],
  answered: ["good", "Your store answers. This network reaches your bucket."],
  refused: [
    "bad",
    "Your store answers, but gives this browser no file. Look for rules that let in certain" +
      " addresses only: of the bucket's policy, or of the storage account's network.",
  ],
  unreachable: [
    "bad",
    "Your store cannot be reached from here. A proxy, a firewall or an extension of this browser" +
      " may block it, or its name is not known in this network.",
  ],
};

const READ = {
  read: ["good", "is allowed."],
  refused: ["bad", "is answered with an error."],
  blocked: ["bad", "is blocked by the browser: the bucket's CORS rules do not fit this page."],
  hidden: ["bad", "is allowed, but the bucket's CORS rules hide headers that scripts need."],
  whole: ["bad", "is answered with the whole file: something drops the header Range."],
  skipped: ["none", "was not tried."],
};

const NAMES = {
  get: "Reading the file from a script",
  preflight: "Sending the headers that viewers set",
  range: "Reading a part of the file",
  head: "Asking for the file's size and type",
};

const UNUSABLE = "This link cannot be used any more. Ask whoever sent it for another one.";

function show(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  document.getElementById("seen").append(item);
}

function say(id, text) {
  document.getElementById(id).textContent = text;
}

const outcome = await done;
if (outcome.seen === null) {
  say("state", UNUSABLE);
} else {
  say("state", "This is what the browser saw:");
  show(...REACHED[outcome.seen.reached]);
  if (outcome.isOwn) {
    for (const [question, name] of Object.entries(NAMES)) {
      const [kind, text] = READ[outcome.seen[question]];
      show(kind, `${name} ${text}`);
    }
  } else {
    show(
      "none",
      `Reading with scripts was not tried: this page is at ${location.origin}, and your bucket's` +
        " CORS rules are for the pages of the application. There the same check can be made.",
    );
  }
  say("told", outcome.told ? "The result was sent. You can close this page." : UNUSABLE);
}
