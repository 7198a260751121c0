// Forms that send a file: <form data-send>. Asks its own address for leave, sends the file straight to the bucket with
// progress, can be cancelled, and sends again as the same submission. Without this script the form asks for the next page.
//
// A browser that cancels, or loses the connection, cannot know what the bucket has: the last bytes may be through already.
// So the page asks before it says what became of the file, where its leave says at which address (`progress`).

const TYPES_SHOWN = { docx: "Word (.docx)", pdf: "PDF", xlsx: "Excel (.xlsx)" };
const LIFE = 14 * 60 * 1000; // a minute less than a ticket lives
const CHECKS = { broken: [500], cancelled: [500, 2000] }; // milliseconds before each question whether a file arrived
const ANSWER = 5000; // and how long its answer may take: a deadline does not wait

function pause(time) {
  return new Promise((done) => { setTimeout(done, time); });
}

function number() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What is known of a submission; null where nobody answers in time.
async function progress(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(ANSWER) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;
}

// The ticket of a file and an address for the receipt: the same when both are given again, also after the page was loaded
// anew.
class Tickets {
  constructor(name) {
    this.name = `puljeport:${name}`;
  }

  of(print) {
    let known = null;
    try {
      known = JSON.parse(sessionStorage.getItem(this.name) ?? "null");
    } catch { /* no storage: a new ticket each time the page is loaded */ }
    const found = [known, this.made].find((one) => one?.print === print && Date.now() - one.at < LIFE);
    const made = found ?? { print, number: number(), at: Date.now() };
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

  print(file) {
    return [file.name, file.size, file.lastModified, this.email?.value ?? ""].join("|");
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
    if (this.begun?.print !== this.print(file)) this.begun = null;
    try {
      const leave = await this.ask(file);
      if (await this.arrivedBefore(leave)) return this.finish(this.begun);
      if (!leave.arrived) await this.send(leave, file);
      this.finish(leave);
    } catch (problem) {
      const name = this.begun?.progress ? await this.settle(problem.message) : problem.message;
      if (!name) return this.finish(this.begun);
      this.show(file, false);
      this.complain(this.words[name] ?? this.words.failed, true);
      if (name === "late" || name === "unsure") this.point(this.begun.status);
      if (name !== "late") return;
      this.tickets.forget();
      this.begun = null;
    }
  }

  finish(leave) {
    this.said.textContent = this.words.done;
    this.tickets.forget();
    location.assign(leave.status);
  }

  // Whether the file arrived with an earlier ticket, which has run out since.
  async arrivedBefore(leave) {
    if (!this.begun?.progress || this.begun.status === leave.status) return false;
    return Boolean((await progress(this.begun.progress))?.arrived);
  }

  // What is to be said of a file that was broken off on its way; nothing when it is there and was meant to be.
  async settle(name) {
    if (!CHECKS[name]) return name;
    if (document.activeElement === this.cancel) this.button.focus();
    this.cancel.hidden = true;
    this.label.textContent = this.words.checking;
    this.said.textContent = this.words.checking;
    let known = false;
    for (const time of CHECKS[name]) {
      await pause(time);
      const found = await progress(this.begun.progress);
      if (found?.arrived) return name === "broken" ? "" : "late";
      known = Boolean(found);
    }
    return name === "cancelled" && !known ? "unsure" : name;
  }

  point(address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = this.words.there;
    this.error.append(" ", link);
    link.focus();
  }

  async ask(file, again = true) {
    const fields = new URLSearchParams(new FormData(this.form));
    fields.delete("file");
    fields.set("ticket", this.tickets.of(this.print(file)));
    fields.set("name", file.name);
    const headers = { Accept: "application/json" };
    const { signal } = this.stop;
    const answer = await fetch(this.form.action, { method: "POST", body: fields, headers, signal }).catch(() => {
      throw new Error(signal.aborted ? "cancelled" : "broken");
    });
    if (answer.ok) return answer.json();
    if (answer.status === 409 && again) { // the ticket may have run out: once more with a new one
      this.tickets.forget();
      return this.ask(file, false);
    }
    throw new Error({ 409: "closed", 429: "often" }[answer.status] ?? "failed");
  }

  send(leave, file) {
    this.begun = { ...leave, print: this.print(file) };
    const body = new FormData();
    for (const [name, value] of Object.entries(leave.fields)) body.append(name, value);
    body.append("file", file);
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      if (this.stop.signal.aborted) return failed(new Error("cancelled"));
      this.stop.signal.addEventListener("abort", () => request.abort());
      request.upload.addEventListener("progress", (event) => event.lengthComputable && this.tell(event.loaded / event.total));
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
