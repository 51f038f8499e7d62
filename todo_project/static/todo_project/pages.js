// Every page works without this script. It adds a shortcut and the form for raw data.

const raw = document.querySelector("form.raw");
if (raw) {
  const [token, content] = [raw.elements.csrfmiddlewaretoken, raw.querySelector("textarea")];
  const output = raw.querySelector("pre");
  raw.hidden = false;
  raw.addEventListener("submit", async (event) => {
    event.preventDefault();
    const method = event.submitter.value;
    const response = await fetch(raw.getAttribute("action"), {
      method,
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": token.value,
      },
      body: method === "OPTIONS" ? undefined : content.value,
    });
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\n`);
    const body = await response.text();
    output.textContent = `HTTP ${response.status} ${response.statusText}\n${headers.join("")}\n${body}`;
    output.hidden = false;
  });
}

// The key `n` moves to the form for a new object, except while one types. A button turns it off in
// this browser, because speech input can press single keys by mistake (WCAG 2.1.4).
const first = document.querySelector("#post-object-form input:not([type=hidden])");
const isOff = () => localStorage.getItem("key n") === "off";
if (first) {
  const button = document.createElement("button");
  const label = () => (button.textContent = isOff() ? "Turn on the key n" : "Turn off the key n");
  button.className = "btn btn-sm";
  button.addEventListener("click", () => {
    localStorage.setItem("key n", isOff() ? "on" : "off");
    label();
  });
  label();
  document.querySelector("main").append(button);
}
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (first && !isOff() && event.key === "n" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    first.focus();
  }
});

// Leave empty filters out of the address.
document.querySelector("form.filters")?.addEventListener("submit", (event) => {
  for (const control of event.target.elements) control.disabled = control.value === "" && !!control.name;
});
