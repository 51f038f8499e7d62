// Signs users up, in and out with Better Auth's client, and works on tasks with its token.

import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";

const auth = createAuthClient({ plugins: [jwtClient()] });
const status = document.querySelector("[role=status]");
const list = document.querySelector("#tasks");

async function token() {
  const { data, error } = await auth.token();
  if (error) throw new Error("Signed out");
  return data.token;
}

async function call(method, path, { body, headers, bearer } = {}) {
  return fetch(API + path, {
    method,
    headers: {
      Authorization: `Bearer ${bearer ?? (await token())}`,
      ...(body && { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
}

// For calls without a button on this page.
Object.assign(window, { call, token });

async function change(method, path, body) {
  const response = await call(method, path, { body });
  if (!response.ok) throw new Error((await response.json()).detail);
  return response;
}

async function show() {
  const tasks = await (await change("GET", "/api/tasks?sort=created")).json();
  list.replaceChildren(...tasks.map(item));
  status.textContent = `${tasks.length} tasks`;
}

function item(task) {
  const row = document.createElement("li");
  const done = Object.assign(document.createElement("input"), {
    type: "checkbox",
    checked: task.completed,
    ariaLabel: `${task.title} is done`,
  });
  done.onchange = () =>
    act(() => change("PATCH", `/api/tasks/${task.id}/complete`, { completed: done.checked }));
  const remove = document.createElement("button");
  remove.textContent = `Delete ${task.title}`;
  remove.onclick = () => act(() => change("DELETE", `/api/tasks/${task.id}`));
  row.append(done, task.title, remove);
  return row;
}

async function act(action) {
  status.textContent = "…";
  try {
    await action();
    await show();
  } catch (error) {
    list.replaceChildren();
    status.textContent = error.message;
  }
}

async function account({ name, email, password }, what) {
  const { error } = await {
    signUp: () => auth.signUp.email({ name, email, password }),
    signIn: () => auth.signIn.email({ email, password }),
    signOut: () => auth.signOut(),
  }[what]();
  if (error) throw new Error(error.message);
}

for (const [form, action] of [
  ["#account", account],
  ["#task", (values) => change("POST", "/api/tasks", values)],
]) {
  document.querySelector(form).onsubmit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    act(() => action(values, event.submitter.value));
  };
}

act(() => undefined);
