// The events of a session, shown in order. Every text is set as text, never as markup.
"use strict";

const $ = (id) => document.getElementById(id);
let source = null;
let retry = 0;
// The session whose events are shown. The field may have another name already.
let session = "";
let questions = new Map();
// The element of each block of the answer that is being written, by its number.
let blocks = new Map();

// Adds to an element of the log, whose end stays in view if it was.
function append(element, what) {
  const log = $("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  element.append(what);
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function show(kind, text) {
  const line = document.createElement("div");
  line.className = kind;
  line.textContent = text;
  append($("log"), line);
  return line;
}

function busy(isBusy) {
  $("send").disabled = isBusy;
  $("cancel").disabled = !isBusy;
}

function clear() {
  $("log").replaceChildren();
  $("questions").replaceChildren();
  questions = new Map();
  blocks = new Map();
  busy(false);
}

function button(label, kind, click) {
  const button = document.createElement("button");
  button.textContent = label;
  button.className = kind;
  button.onclick = click;
  return button;
}

const events = {
  reset: clear,
  prompt({ text }) {
    blocks = new Map();
    show("prompt", text);
    busy(true);
  },
  text({ block, text }) {
    if (!blocks.has(block)) blocks.set(block, show("answer", ""));
    append(blocks.get(block), text);
  },
  tool({ block, name }) {
    blocks.set(block, show("tool", name));
  },
  restart({ block: first }) {
    for (const [block, line] of blocks) {
      if (block < first) continue;
      line.remove();
      blocks.delete(block);
    }
  },
  question({ id, tool, input }) {
    const question = document.createElement("div");
    const what = document.createElement("pre");
    question.className = "question";
    question.append(`May ${tool} run?`);
    what.textContent = typeof input.command === "string" ? input.command : JSON.stringify(input, null, 1);
    const answer = (allow) => () => post(`questions/${id}`, { allow });
    question.append(what, button("Allow", "allow", answer(true)), button("Deny", "deny", answer(false)));
    $("questions").append(question);
    questions.set(id, question);
  },
  answered({ id, allowed }) {
    questions.get(id)?.remove();
    questions.delete(id);
    show("note", allowed ? "Allowed." : "Not allowed.");
  },
  done({ usd }) {
    show("note", `${usd.toFixed(4)} US dollars so far`);
    busy(false);
  },
  cancelled() {
    show("note", "Cancelled.");
    busy(false);
  },
  failed({ error }) {
    show("error", error);
    busy(false);
  },
};

async function post(path, body) {
  const response = await fetch(`/sessions/${encodeURIComponent(session)}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (response?.ok) return true;
  const why = await response?.json().catch(() => null);
  show("error", why?.error ?? "The service cannot be reached.");
  return false;
}

// The browser connects again by itself, and names the last event that it has seen. Only after an
// answer that is not a stream it gives up.
function connect() {
  clearTimeout(retry);
  source?.close();
  session = $("name").value;
  source = new EventSource(`/sessions/${encodeURIComponent(session)}/events`);
  source.onopen = () => ($("state").textContent = "connected");
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    events[event.kind]?.(event);
  };
  source.onerror = () => {
    $("state").textContent = "connecting";
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(again, 2000);
  };
}

// What a new stream sends is everything from the beginning.
function again() {
  clear();
  connect();
}

$("form").onsubmit = async (submitted) => {
  submitted.preventDefault();
  const text = $("text").value.trim();
  if (text && !$("send").disabled && (await post("messages", { text }))) $("text").value = "";
};
$("text").onkeydown = (key) => {
  if (key.key !== "Enter" || key.shiftKey || key.isComposing) return;
  key.preventDefault();
  $("form").requestSubmit();
};
$("cancel").onclick = () => post("cancel", {});
$("name").onchange = () => {
  if ($("name").reportValidity()) again();
};
connect();
