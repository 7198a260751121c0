// Of a text with a limit: how many characters are left, while it is written. Everything else works without a script.

for (const area of document.querySelectorAll("textarea[data-limit]")) {
  const told = document.getElementById(`${area.id}-remaining`);
  const limit = Number(area.dataset.limit);
  const language = document.documentElement.lang;
  const number = new Intl.NumberFormat(language);
  const words = language === "da"
    ? { left: "tegn tilbage", over: "tegn for meget" }
    : { left: "characters left", over: "characters too many" };

  const tell = () => {
    const left = limit - [...area.value.trim()].length;
    told.textContent = `${number.format(Math.abs(left))} ${left < 0 ? words.over : words.left}`;
    told.classList.toggle("form-error-message", left < 0);
  };

  // Read aloud once writing pauses, rather than at every key.
  let pause;
  const spoken = document.createElement("span");
  spoken.className = "sr-only";
  spoken.setAttribute("role", "status");
  told.after(spoken);
  told.setAttribute("aria-hidden", "true");
  told.hidden = false;
  tell();
  area.addEventListener("input", () => {
    tell();
    clearTimeout(pause);
    pause = setTimeout(() => { spoken.textContent = told.textContent; }, 1000);
  });
}
