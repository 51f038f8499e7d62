// The client of docs/sync.md, which `run` writes to mirror.ts, against a server.
import { Mirror } from "./mirror.js";

const api = `${process.env.API}/api`;
const account = { email: "mia@example.com", password: "correct horse battery" };

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function checkTitles(mirror: Mirror, ...titles: string[]): void {
  const found = [...mirror.tasks.values()].map((task) => task.title).sort();
  check(found.join() === titles.join(), `${found} in place of ${titles}`);
}

async function call(method: string, path: string, body?: unknown, token?: string): Promise<any> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(api + path, { method, headers, ...sent });
  check(response.ok, `${method} ${path}: ${response.status}`);
  return response.status === 204 ? undefined : response.json();
}

await call("POST", "/auth/register", account);
const { access } = await call("POST", "/auth/login", account);
const milk = await call("POST", "/tasks", { title: "Buy milk" }, access);
const bread = await call("POST", "/tasks", { title: "Buy bread" }, access);

const mirror = new Mirror(api, access);
await mirror.sync();
checkTitles(mirror, "Buy bread", "Buy milk");

await call("PATCH", `/tasks/${milk.id}`, { title: "Buy oat milk" }, access);
await call("DELETE", `/tasks/${bread.id}`, undefined, access);
await mirror.verify();
checkTitles(mirror, "Buy oat milk");

mirror.tasks.clear(); // a copy that lost something
await mirror.verify();
checkTitles(mirror, "Buy oat milk");

console.log("The copy in TypeScript is complete.");
