// Gets a token for the user of the session, and gives it to Swagger UI, whose script defines `ui`.
const form = document.getElementById("token-form");
const say = (text) => (document.getElementById("token-status").textContent = text);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const answer = await fetch(form.action, { method: "POST", headers });
  if (!answer.ok) return say("Your session has ended. Reload the page and log in.");
  const { access, minutes } = await answer.json();
  ui.preauthorizeApiKey("jwtAuth", access);
  say(`Authorized for ${minutes} minutes.`);
});
