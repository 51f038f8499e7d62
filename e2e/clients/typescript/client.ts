// Creates and completes a task with a client that is generated from the OpenAPI document.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

type Task = components["schemas"]["Task"];

function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

// Without a custom serializer it repeats a list parameter, which the API also accepts.
const api = createClient<paths>({ baseUrl: process.env.API ?? "http://127.0.0.1:8000" });
const account = { email: `ts${Date.now()}@example.com`, password: "correct horse battery" };

const registered = await api.POST("/api/auth/register", { body: account });
check(registered.data, "register");

const signedIn = await api.POST("/api/auth/login", { body: account });
check(signedIn.data, "login");
const headers = { Authorization: `Bearer ${signedIn.data.access}` };

const created = await api.POST("/api/tasks", {
  headers,
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { title: "Buy milk", priority: "medium", due_date: "2026-12-01" },
});
check(created.data, "create");
const task: Task = created.data;
const etag = created.response.headers.get("ETag");
check(etag, "ETag");

const due: string | null = task.due_date;
check(due === "2026-12-01" && task.priority === "medium", "members");

const moved = await api.PATCH("/api/tasks/{id}", {
  headers,
  params: { path: { id: task.id }, header: { "If-Match": etag } },
  body: { due_date: "2026-12-01T12:00:00Z", description: null },
});
check(moved.data?.due_time === "12:00:00", "an instant");

const completed = await api.PATCH("/api/tasks/{id}/complete", {
  headers,
  params: { path: { id: task.id }, header: { "If-Match": moved.response.headers.get("ETag") ?? "" } },
  body: { completed: true },
});
check(completed.data?.completed, "complete");

const stale = await api.PATCH("/api/tasks/{id}", {
  headers,
  params: { path: { id: task.id }, header: { "If-Match": etag } },
  body: { title: "Buy oats" },
});
check(stale.error?.code === "precondition_failed", "stale");

const listed = await api.GET("/api/tasks", {
  headers,
  params: { query: { status: "completed", sort: ["-priority", "due_date"], priority: ["low", "medium"] } },
});
check(listed.data?.map((one) => one.id).join() === String(task.id), "list");

console.log(`TypeScript: task ${task.id} is completed.`);
