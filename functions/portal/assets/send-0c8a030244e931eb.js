// Forms that send a file: <form data-send>. Asks its own address for leave, sends the file straight to the bucket with
// progress, can be cancelled, and sends again as the same submission. Without this script the form asks for the next page.
//
// A browser that cancels, or loses the connection, cannot know what the bucket has: the last bytes may be through already.
// So the page asks before it says that nothing was sent in (<form data-once>, whose ticket is for one file).

const TYPES_SHOWN = { docx: "Word (.docx)", pdf: "PDF", xlsx: "Excel (.xlsx)" };
const LIFE = 14 * 60 * 1000; // a minute less than a ticket lives
const CHECKS = [500, 2000]; // milliseconds before each question whether a file arrived that was broken off
const ANSWER = 10000; // and how long its answer may take

function pause(time) {
  return new Promise((done) => { setTimeout(done, time); });
}

function number() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;
}

// The ticket of a file: the same when the same file is chosen again, also after the page was loaded anew.
class Tickets {
  constructor(name) {
    this.name = `puljeport:${name}`;
  }

  of(file) {
    const print = [file.name, file.size, file.lastModified].join("|");
    let known = null;
    try {
      known = JSON.parse(sessionStorage.getItem(this.name) ?? "null");
    } catch { /* no storage: a new ticket each time the page is loaded */ }
    if (known?.print === print && Date.now() - known.at < LIFE) return known.number;
    const made = this.made?.print === print && Date.now() - this.made.at < LIFE ? this.made : { print, number: number(), at: Date.now() };
    this.made = made;
    try {
      sessionStorage.setItem(this.name, JSON.stringify(made));
    } catch { /* as above */ }
    return made.number;
  }

  forget() {
    this.made = null;
    try {
      sessionStorage.removeItem(this.name);
    } catch { /* as above */ }
  }
}

class Sender {
  constructor(form) {
    const part = (name) => form.querySelector(`[data-${name}]`);
    Object.assign(this, {
      form, input: part("file"), error: part("error"), button: part("button"), cancel: part("cancel"),
      going: part("going"), label: part("going-label"), bar: part("progress"), said: part("said"),
      email: form.elements.email, emailError: part("email-error"), words: JSON.parse(part("words").dataset.words),
      limit: Number(form.dataset.limit), types: form.dataset.types.split(" "), tickets: new Tickets(form.dataset.name),
      once: "once" in form.dataset,
    });
    for (const each of form.querySelectorAll("[data-scripted]")) each.hidden = false;
    for (const each of form.querySelectorAll("[data-plain]")) each.hidden = true;
    const name = this.button.querySelector(".sr-only");
    this.button.replaceChildren(this.button.dataset.scriptedLabel, ...(name ? [name] : []));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    this.input.addEventListener("change", () => this.complain(this.input.files[0] ? this.wrong(this.input.files[0]) : ""));
    this.cancel.addEventListener("click", () => this.stop?.abort());
  }

  wrong(file) {
    const type = file.name.includes(".") ? file.name.split(".").pop().toLowerCase().slice(0, 20) : "";
    if (!file.size) return this.words.empty;
    if (file.size > this.limit) return this.words.large.replace("{limit}", () => megabytes(this.limit));
    if (this.types.includes(type)) return "";
    const types = Object.entries(TYPES_SHOWN).filter(([name]) => this.types.includes(name)).map(([, shown]) => shown);
    return this.words.type.replace("{type}", () => `.${type}`).replace("{types}", () => types.join(", "));
  }

  complain(text, focus = false) {
    this.error.textContent = text;
    this.error.hidden = !text;
    this.input.closest(".form-group").classList.toggle("form-error", Boolean(text));
    const hints = [this.input.getAttribute("aria-describedby").split(" ")[0], ...(text ? [this.error.id] : [])];
    this.input.setAttribute("aria-describedby", hints.join(" "));
    this.input.toggleAttribute("aria-invalid", false);
    if (text) this.input.setAttribute("aria-invalid", "true");
    if (text && focus) this.input.focus();
  }

  async start() {
    if (this.busy) return;
    const file = this.input.files[0];
    const wrong = file ? this.wrong(file) : this.words.none;
    if (wrong) return this.complain(wrong, true);
    if (this.email && !this.email.checkValidity()) {
      this.emailError.hidden = false;
      this.email.setAttribute("aria-invalid", "true");
      this.email.setAttribute("aria-describedby", `email-hint ${this.emailError.id}`);
      return this.email.focus();
    }
    this.complain("");
    this.show(file, true);
    this.stop = new AbortController();
    try {
      const leave = await this.ask(file, this.stop.signal);
      if (!leave.arrived) await this.send(leave, file);
      this.finish(leave);
    } catch (problem) {
      const name = this.begun && this.once ? await this.settle(problem.message, file) : problem.message;
      if (!name) return this.finish(this.there);
      this.show(file, false);
      this.complain(this.words[name] ?? this.words.failed, true);
      if (name === "late") this.point(this.there.status);
    }
  }

  finish(leave) {
    this.said.textContent = this.words.done;
    this.tickets.forget();
    location.assign(leave.status);
  }

  // What is to be said of a file that was broken off on its way; nothing when it is there and was meant to be.
  async settle(name, file) {
    if (name !== "cancelled" && name !== "broken") return name;
    this.enough();
    this.label.textContent = this.words.checking;
    this.said.textContent = this.words.checking;
    let known = false;
    for (const time of CHECKS) {
      await pause(time);
      const again = await this.ask(file, AbortSignal.timeout(ANSWER), false).catch(() => null);
      if (again?.arrived) {
        this.there = again;
        this.tickets.forget();
        return name === "broken" ? "" : "late";
      }
      known = Boolean(again);
    }
    return name === "cancelled" && !known ? "unsure" : name;
  }

  // All bytes are on their way, or no more will be: there is nothing left to cancel.
  enough() {
    if (document.activeElement === this.cancel) this.button.focus();
    this.cancel.hidden = true;
  }

  point(address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = this.words.there;
    this.error.append(" ", link);
  }

  async ask(file, signal, again = true) {
    const fields = new URLSearchParams(new FormData(this.form));
    fields.delete("file");
    fields.set("ticket", this.tickets.of(file));
    fields.set("name", file.name);
    const headers = { Accept: "application/json" };
    const answer = await fetch(this.form.action, { method: "POST", body: fields, headers, signal }).catch(() => {
      throw new Error(signal.aborted ? "cancelled" : "broken");
    });
    if (answer.ok) return answer.json();
    if (answer.status === 409 && again) { // the ticket may have run out: once more with a new one
      this.tickets.forget();
      return this.ask(file, signal, false);
    }
    throw new Error({ 409: "closed", 429: "often" }[answer.status] ?? "failed");
  }

  send(leave, file) {
    this.begun = true;
    const body = new FormData();
    for (const [name, value] of Object.entries(leave.fields)) body.append(name, value);
    body.append("file", file);
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      if (this.stop.signal.aborted) return failed(new Error("cancelled"));
      this.stop.signal.addEventListener("abort", () => request.abort());
      request.upload.addEventListener("progress", (event) => event.lengthComputable && this.tell(event.loaded / event.total));
      request.upload.addEventListener("load", () => this.enough());
      request.addEventListener("load", () => {
        if (request.status === 201) return done();
        this.tickets.forget();
        return failed(new Error("refused"));
      });
      request.addEventListener("error", () => failed(new Error("broken")));
      request.addEventListener("abort", () => failed(new Error("cancelled")));
      request.open("POST", leave.url);
      request.send(body);
    });
  }

  tell(share) {
    const percent = Math.floor(share * 100);
    this.bar.value = percent;
    // Said at every quarter only: a screen reader reads each of them out.
    const quarter = Math.floor(percent / 25) * 25;
    if (quarter && quarter !== this.quarter) this.said.textContent = this.words.percent.replace("{percent}", quarter);
    this.quarter = quarter;
  }

  show(file, busy) {
    this.busy = busy;
    this.going.hidden = !busy;
    this.cancel.hidden = !busy;
    this.input.disabled = busy;
    this.button.setAttribute("aria-disabled", String(busy));
    this.bar.value = 0;
    this.quarter = 0;
    if (busy) this.label.textContent = this.words.sending.replace("{name}", () => file.name);
    if (busy) this.said.textContent = this.label.textContent;
  }
}

export function begin(root) {
  for (const form of root.querySelectorAll("form[data-send]")) new Sender(form);
}

begin(document);
