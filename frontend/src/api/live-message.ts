/** The envelope of a live message. What this version does not know is ignored, so that an older tab survives a newer server. */
import type { components } from "./schema";

type Schemas = components["schemas"];
export type LiveMessage = Schemas["LiveBot"] | Schemas["LiveFill"] | Schemas["LiveEvent"] | Schemas["LiveJob"];

const TYPES = new Set(["bot", "fill", "event"]);

export function parseMessage(raw: unknown): LiveMessage | null {
  let data = raw;
  if (typeof data === "string") {
    try {
      data = JSON.parse(data);
    } catch {
      return null;
    }
  }
  if (typeof data !== "object" || data === null) return null;
  const { v, type, botId, jobId, revision, data: body } = data as Record<string, unknown>;
  if (v === 1 && type === "job" && typeof jobId === "string" && typeof body === "object" && body !== null) return data as LiveMessage;
  if (v !== 1 || typeof type !== "string" || !TYPES.has(type)) return null;
  if (typeof botId !== "string" || typeof revision !== "number" || typeof body !== "object" || body === null) return null;
  return data as LiveMessage;
}
