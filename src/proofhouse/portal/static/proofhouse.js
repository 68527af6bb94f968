// SPDX-License-Identifier: Apache-2.0
// What pages do better with a script, and well without: copy a long id, tell a time in the
// reader's own zone, bring the eye to what went wrong, send a form once.
"use strict";

function toldLocally(time) {
  const at = new Date(time.dateTime);
  if (time.dateTime.length !== 20 || Number.isNaN(at.getTime())) return;
  const zone = { dateStyle: "long", timeStyle: "long" };
  time.title = new Intl.DateTimeFormat(document.documentElement.lang, zone).format(at);
}

async function copied(id) {
  const note = document.createElement("span");
  note.className = "copied";
  note.setAttribute("role", "status");
  try {
    await navigator.clipboard.writeText(id.textContent);
    note.textContent = document.body.dataset.copied;
  } catch {
    return; // without the clipboard the text is selected, and copied by hand
  }
  id.after(note);
  setTimeout(() => note.remove(), 2000);
}

document.querySelectorAll("time").forEach(toldLocally);
document.addEventListener("dblclick", (event) => {
  const id = event.target.closest?.(".long-id");
  if (id) copied(id);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.(".long-id")) copied(event.target);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (Date.now() - (form.sentAt ?? 0) < 3000) event.preventDefault(); // a double click
  else form.sentAt = Date.now();
});
document.getElementById("errors")?.focus();
