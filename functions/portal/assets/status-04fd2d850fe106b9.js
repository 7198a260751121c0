// The status page: asks until there is something new, then shows it without loading the page anew.

import { begin } from "./send-827344d75d58c91b.js";

const SOON = 1000;
const LATER = 10000;
const PATIENCE = 60;

async function next(address, asked) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) {
    const { arrived, concluded } = await answer.json();
    if (concluded || (arrived && !document.querySelector("[data-arrived]"))) return show(concluded);
  }
  setTimeout(next, asked < PATIENCE ? SOON : LATER, address, asked + 1);
}

async function show(concluded) {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return setTimeout(show, LATER, concluded);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = page.title;
  document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
  begin(document.querySelector("main"));
  if (concluded) document.querySelector("main h1").focus();
  watch();
}

function watch() {
  const address = document.querySelector("[data-waiting]")?.dataset.waiting;
  if (address) setTimeout(next, SOON, address, 0);
}

watch();
