// A front end on http://localhost:3000 that uses Better Auth. It has pages, `/api/auth`, the mails
// that it sent, and a way to make its keys expire. Prints a line when it is ready. The environment
// variable `API` is the URL of the API.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import { build } from "esbuild";

const URL = "http://localhost:3000";
const folder = import.meta.dirname;
const database = { user: [], session: [], account: [], verification: [], jwks: [] };
const mails = [];

const auth = betterAuth({
  baseURL: URL,
  secret: "a secret of this test, which nobody else is told",
  database: memoryAdapter(database),
  emailAndPassword: { enabled: true },
  emailVerification: {
    sendVerificationEmail: async ({ user, url }) => void mails.push({ to: user.email, url }),
    sendOnSignUp: true,
  },
  plugins: [jwt({ jwks: { rotationInterval: 3600 } })],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
});

const bundle = await build({
  entryPoints: [`${folder}/page.js`],
  bundle: true,
  format: "esm",
  write: false,
  define: { API: JSON.stringify(process.env.API) },
});

function expire() {
  for (const key of database.jwks) key.expiresAt = new Date();
}

const files = {
  "/": ["text/html", () => readFile(`${folder}/page.html`)],
  "/page.js": ["text/javascript", () => bundle.outputFiles[0].contents],
  "/favicon.ico": ["image/x-icon", () => ""],
  "/mails": ["application/json", () => JSON.stringify(mails)],
  "/expire": ["text/plain", expire],
};
const authenticate = toNodeHandler(auth);

createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  if (path.startsWith("/api/auth/")) return authenticate(request, response);
  const [type, content] = files[path] ?? ["text/plain", () => "not found"];
  response.writeHead(path in files ? 200 : 404, { "Content-Type": type });
  response.end(await content());
}).listen(3000, "localhost", () => console.log("ready"));
