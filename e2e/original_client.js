// A front end of the original design. It uses only the original paths, bodies and expectations.

const API = new URLSearchParams(location.search).get("api");
let token = null;

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(`${API}${path}`, {
    method,
    headers,
    credentials: "include",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const data = response.status === 204 ? null : await response.json();
  return { status: response.status, data, ignored: response.headers.get("X-Ignored-Members") };
}

function expect(condition, what, answer) {
  if (!condition) throw new Error(`${what}: ${JSON.stringify(answer)}`);
}

async function journey() {
  const anonymous = await call("GET", "/api/tasks");
  expect(anonymous.status === 401, "without a token", anonymous);
  expect(typeof anonymous.data.detail === "string", "a reason", anonymous);

  const account = { email: `front${Date.now()}@example.com`, password: "correct horse battery" };
  await call("POST", "/api/auth/register", account);
  token = (await call("POST", "/api/auth/login", account)).data.access;

  const empty = await call("GET", "/api/tasks?status=all&sort=created");
  expect(empty.status === 200 && empty.data.length === 0, "an empty list", empty);

  const sent = {
    title: "Buy milk",
    description: null,
    priority: "high",
    due_date: "2026-12-24T18:00:00.000Z",
  };
  const created = await call("POST", "/api/tasks", sent);
  const task = created.data;
  expect(created.status === 201 && Number.isInteger(task.id), "create", created);
  expect(task.priority === "high" && task.completed === false, "its members", created);
  expect(task.description === "" && task.due_date === "2026-12-24", "its members", created);

  const path = `/api/tasks/${task.id}`;
  const one = await call("GET", path);
  expect(one.status === 200 && one.data.title === "Buy milk", "read", one);

  const part = await call("PUT", path, { title: "Buy oat milk" });
  expect(part.status === 200 && part.data.title === "Buy oat milk", "change a part", part);
  expect(part.data.priority === "high", "keep the rest", part);

  const whole = { ...part.data, priority: "low", userId: "u1", createdAt: "today", dueDate: null };
  const all = await call("PUT", path, whole);
  expect(all.status === 200 && all.data.priority === "low", "send the whole object", all);
  expect(all.ignored === "userId, createdAt, dueDate", "say what was ignored", all);

  const done = await call("PATCH", `${path}/complete`);
  expect(done.status === 200 && done.data.completed === true, "complete", done);
  const open = await call("PATCH", `${path}/complete`, {});
  expect(open.status === 200 && open.data.completed === false, "complete again: reopen", open);
  await call("PATCH", `${path}/complete`);

  const pending = await call("GET", "/api/tasks?status=pending&sort=title");
  expect(pending.data.length === 0, "the pending ones", pending);
  const completed = await call("GET", "/api/tasks?status=completed");
  expect(completed.data.length === 1, "the completed ones", completed);

  const refused = await call("POST", "/api/tasks", { title: "" });
  expect(refused.status === 400 && typeof refused.data.detail === "string", "no title", refused);

  const deleted = await call("DELETE", path);
  expect(deleted.status === 204, "delete", deleted);
  const gone = await call("GET", path);
  expect(gone.status === 404 && typeof gone.data.detail === "string", "gone", gone);
  return "done";
}
