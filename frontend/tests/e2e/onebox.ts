/** The real platform, started for one test and ended with it. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const READY_MS = 180_000;

export type Onebox = { origin: string; log: () => string; stop: () => Promise<void> };

/** `record` fills the folder of recorded markets; `settings` are further ones of the platform. */
export async function startOnebox(record: (folder: string) => void = () => undefined, settings: Record<string, string> = {}): Promise<Onebox> {
  const port = await freePort();
  const data = mkdtempSync(path.join(tmpdir(), "day-"));
  const recordings = path.join(data, "recordings");
  mkdirSync(recordings);
  record(recordings);
  const python = process.env.PYTHON ?? path.join(ROOT, ".venv/bin/python");
  const child = spawn(python, ["-m", "infra.onebox", "--port", String(port), "--data", data, "--static", "frontend/out"], {
    cwd: ROOT,
    env: { ...process.env, REPLAY_DIR: recordings, MARKET_WATCH_SCHEDULE: "* * * * * *", ...settings },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
  const origin = `http://127.0.0.1:${port}`;
  await healthy(origin, child, () => log);
  return {
    origin,
    log: () => log,
    stop: async () => {
      await ended(child);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function healthy(origin: string, child: ChildProcess, log: () => string): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`onebox ended with ${child.exitCode}\n${log()}`);
    const answer = await fetch(`${origin}/api/health`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`onebox is not healthy after ${READY_MS / 1000} s\n${log()}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const over = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await over;
  clearTimeout(killer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
