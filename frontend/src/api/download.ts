/** A file of the ledger: it needs the token, so it is fetched and handed to the browser instead of being linked. */
import { api, must } from "./client";

export async function downloadCsv(what: "fills.csv" | "events.csv", botId?: string): Promise<void> {
  const text = await must(api.GET("/api/v1/exports/{what}", { params: { path: { what }, query: { bot_id: botId } }, parseAs: "text" }));
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = botId ? `${botId}-${what}` : what;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
