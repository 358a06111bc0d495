/** The test venue as a program beside the platform: an exchange on this machine whose price the test moves. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../../..");

export type Venue = { address: string; key: string; secret: string; tell: (order: `move ${number}` | "withdraw yes" | "withdraw no") => void; stop: () => Promise<void> };

export async function startVenue(): Promise<Venue> {
  const python = process.env.PYTHON ?? path.join(ROOT, ".venv/bin/python");
  const child = spawn(python, ["-m", "tests.venue"], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), once(child, "exit").then(() => Promise.reject(new Error("the venue ended")))])) as [string];
  const said = JSON.parse(line) as { address: string; key: string; secret: string };
  return {
    ...said,
    tell: (order) => child.stdin.write(`${order}\n`),
    stop: async () => {
      if (child.exitCode !== null) return;
      const over = once(child, "exit");
      child.stdin.end();
      await over;
    },
  };
}
