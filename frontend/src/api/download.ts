/** Files of the ledger: made on the server, fetched range by range with the token, and handed to the browser as one file. */
import { api, idempotencyKey, must } from "./client";
import type { components } from "./schema";

export type LedgerKind = "fills" | "orders" | "deals" | "equity" | "events";
export type FileFormat = "csv" | "parquet";
export type LotMethod = "fifo" | "hifo" | "average";

const LOOK_MS = 500;

export async function downloadLedger(kind: LedgerKind, format: FileFormat, botId?: string): Promise<void> {
  await download({ what: kind, file: format, bot_id: botId ?? null, method: "fifo", paper: false }, `${botId ? `${botId}-` : ""}${kind}.${format}`);
}

export async function downloadTax(year: number, method: LotMethod, format: FileFormat, paper: boolean): Promise<void> {
  await download({ what: "tax", file: format, year, method, paper }, `gains-${year}-${method}.${format}`);
}

/** Asks for a file, waits until it is made, puts its ranges together and lets the server forget it. */
async function download(body: components["schemas"]["ExportCreate"], name: string): Promise<void> {
  let view = await must(api.POST("/api/v1/exports/files", { params: { header: { "idempotency-key": idempotencyKey() } }, body }));
  const path = { export_id: view.id };
  while (view.status !== "done") {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    view = await must(api.GET("/api/v1/exports/files/{export_id}", { params: { path } }));
  }
  const parts: Blob[] = [];
  for (let got = 0; got < view.bytes; ) {
    const header = { range: `bytes=${got}-` };
    const part = await must(api.GET("/api/v1/exports/files/{export_id}/content", { params: { path, header }, parseAs: "blob" }));
    parts.push(part);
    got += part.size;
  }
  save(new Blob(parts), name);
  await must(api.DELETE("/api/v1/exports/files/{export_id}", { params: { path } }));
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
