// Creates, moves and completes tasks with a client that is generated from the OpenAPI document.

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

const project = await api.POST("/api/projects", { headers, body: { name: "Home", color: "#3366cc" } });
check(project.data, "project");
const other = await api.POST("/api/projects", { headers, body: { name: "Work" } });
check(other.data, "another project");
const first = await api.PATCH("/api/projects/{id}/position", {
  headers,
  params: { path: { id: other.data.id } },
  body: { before: project.data.id },
});
check(first.data && first.data.position < project.data.position, "position");
const projects = await api.GET("/api/projects", { headers, params: { query: { archived: "all" } } });
check(projects.data?.map((one) => one.name).join() === "Work,Home", "projects");

const paint = await api.POST("/api/tasks", {
  headers,
  body: { title: "Paint", project: project.data.id, tags: ["home"] },
});
check(paint.data, "task of a project");
const below = await api.POST("/api/tasks", { headers, body: { title: "Buy paint", parent: paint.data.id } });
check(below.data?.parent === paint.data.id && below.data.project === project.data.id, "subtask");
const tagged = await api.PATCH("/api/tasks/{id}", {
  headers,
  params: { path: { id: below.data.id } },
  body: { tags_add: ["shop"] },
});
check(tagged.data?.tags.join() === "shop", "tags");

const found = await api.GET("/api/tasks", {
  headers,
  params: {
    query: { project: [String(project.data.id), "none"], search: "paint -milk", sort: ["position"] },
  },
});
check(found.data?.map((one) => one.title).join() === "Paint,Buy paint", "filters");
const subtasks = await api.GET("/api/tasks", { headers, params: { query: { parent: String(paint.data.id) } } });
check(subtasks.data?.length === 1, "subtasks");
const renamed = await api.PATCH("/api/tags/{name}", {
  headers,
  params: { path: { name: "shop" } },
  body: { name: "errands" },
});
check(renamed.data?.tasks === 1, "rename");
const tags = await api.GET("/api/tags", { headers });
check(tags.data?.map((one) => one.name).join() === "errands,home", "list of tags");

console.log(`TypeScript: task ${task.id} is completed.`);
