// What every run in a browser needs: a server of its own, an account, and a browser.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ACCOUNT = {
  name: "Lucía Paredes",
  email: "lucia.paredes@ceibo.example",
  password: "una clave bien larga",
};

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** The key that the scripted model takes, and no other. */
export const MODEL_KEY = "sk-browser-0123456789";

/** Starts the scripted model that is built beside the program; it speaks the protocol of a language model. */
export async function startModel() {
  const program = join(dirname(process.env.BINARY ?? ""), "scripted-model");
  const script = fileURLToPath(new URL("model.yaml", import.meta.url));
  const child = spawn(program, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${program}: ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
    child.stdout.on("data", (chunk) => {
      const found = /http:\/\/\S+/.exec(String(chunk))?.[0];
      if (found) resolve(found);
    });
  });
  child.removeAllListeners("exit");
  return {
    url,
    requests: async () => (await fetch(new URL("/requests", url))).json(),
    stop: () => child.kill("SIGTERM"),
  };
}

/** Starts `synthetic-data serve` on an empty folder and reads the set-up link that it prints. */
export async function startServer(env = {}) {
  const binary = process.env.BINARY;
  if (!binary) throw new Error("BINARY names no program: set it to the path of synthetic-data");
  const folder = await mkdtemp(join(tmpdir(), "studio-e2e-"));
  const port = await freePort();
  const child = spawn(binary, ["serve"], {
    cwd: folder,
    env: {
      ...process.env,
      DATA_DIR: join(folder, "data"),
      HOST: "127.0.0.1",
      PORT: String(port),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const setupLink = await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no set-up link within 30 s; printed:\n${printed}`)),
      30_000,
    );
    const read = (chunk) => {
      printed += chunk;
      const link = /https?:\/\/\S+\/setup#token=[^\s"']+/.exec(printed)?.[0];
      if (!link) return;
      clearTimeout(timer);
      resolve(link);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with ${code}; printed:\n${printed}`));
    });
  });
  const origin = new URL(setupLink).origin;
  await answers(origin);
  return {
    origin,
    setupLink,
    printed: () => printed,
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(origin) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      if ((await fetch(`${origin}/api/v1/auth/setup`)).ok) return;
    } catch {
      // Not yet listening.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${origin} does not answer`);
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
  });
}

/** A caller of the API, for what a run needs but does not try. */
export async function signedIn(server, account = ACCOUNT) {
  const send = async (token, method, path, body) => {
    const response = await fetch(`${server.origin}/api/v1${path}`, {
      method,
      headers: {
        origin: server.origin,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  const { access_token } = await send(null, "POST", "/auth/login", {
    email: account.email,
    password: account.password,
  });
  return (method, path, body) => send(access_token, method, path, body);
}

export async function createAccount(server, account = ACCOUNT) {
  const token = new URLSearchParams(new URL(server.setupLink).hash.slice(1)).get("token");
  const response = await fetch(`${server.origin}/api/v1/auth/setup`, {
    method: "POST",
    headers: { origin: server.origin, "content-type": "application/json" },
    body: JSON.stringify({ token, ...account }),
  });
  if (!response.ok) throw new Error(`set-up: ${response.status} ${await response.text()}`);
}

/** Waits until a generation or an export has ended well. */
export async function finished(call, path) {
  for (let tries = 0; tries < 600; tries++) {
    const job = await call("GET", path);
    if (job.state === "succeeded") return job;
    if (job.state === "failed" || job.state === "cancelled") {
      throw new Error(`${path} ${job.state}: ${job.failure}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} did not end within a minute`);
}

/** A context that is signed in, in a language and a theme. */
export async function openContext(browser, server, options = {}) {
  const {
    language = "en",
    theme = "light",
    size = { width: 1440, height: 900 },
    account,
  } = options;
  const context = await browser.newContext({
    baseURL: server.origin,
    viewport: size,
    locale: language === "es" ? "es-PE" : "en-US",
    colorScheme: theme,
    timezoneId: "America/Lima",
    acceptDownloads: true,
    reducedMotion: options.reducedMotion ?? "no-preference",
    hasTouch: size.width < 640,
    deviceScaleFactor: options.scale ?? 1,
  });
  if (account !== null) {
    const { email, password } = account ?? ACCOUNT;
    const answer = await context.request.post("/api/v1/auth/login", {
      headers: { origin: server.origin },
      data: { email, password },
    });
    if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
  }
  return context;
}

/** What every page is sent with; it is written once more here, so that it cannot be loosened by one change. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/** The page's complaints: errors of scripts, of the console, what its policy forbids, and answers of 500. */
export function watch(page) {
  const complaints = [];
  // Told by the page itself, since not every violation is an error of the console.
  page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
      console.error(`policy: ${effectiveDirective} ${blockedURI} at ${sourceFile}:${lineNumber}`);
    });
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    // The browser itself reports every 4xx; those that the studio expects are no complaint.
    if (/Failed to load resource.*\b4\d\d\b/.test(message.text())) return;
    complaints.push(`console: ${message.text()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`);
    const policy = response.headers()["content-security-policy"];
    // What shows data is boxed in more tightly than a page.
    const holds = policy === POLICY || policy?.startsWith("sandbox;");
    if (response.request().resourceType() === "document" && response.status() < 300 && !holds) {
      complaints.push(`${response.url()} is sent with the policy ${policy}`);
    }
  });
  return complaints;
}
