/** Files of the ledger: they need the token, so they are fetched and handed to the browser instead of being linked. */
import { api, must } from "./client";

export type LedgerKind = "fills" | "orders" | "deals" | "equity" | "events";
export type FileFormat = "csv" | "parquet";
export type LotMethod = "fifo" | "hifo" | "average";

/** One ledger of ten million lines is not fetched by one click. */
const MOST_FILES = 40;

/** Every file of a ledger, one after the other; says how many there were. */
export async function downloadLedger(kind: LedgerKind, format: FileFormat, botId?: string): Promise<number> {
  let place: string | undefined;
  let count = 0;
  do {
    const { blob, next } = await (format === "csv" ? csv(kind, botId, place) : parquet(kind, botId, place));
    count += 1;
    save(blob, `${botId ? `${botId}-` : ""}${kind}${count > 1 ? `-${count}` : ""}.${format}`);
    place = next;
  } while (place && count < MOST_FILES);
  return count;
}

export async function downloadTax(year: number, method: LotMethod, format: FileFormat, paper: boolean): Promise<void> {
  const blob = await must(api.GET("/api/v1/exports/tax/{year}", { params: { path: { year }, query: { method, paper, file: format } }, parseAs: "blob" }));
  save(blob, `gains-${year}-${method}.${format}`);
}

type Part = { blob: Blob; next: string | undefined };

async function csv(kind: LedgerKind, bot_id: string | undefined, before: string | undefined): Promise<Part> {
  const call = api.GET("/api/v1/exports/{what}", { params: { path: { what: `${kind}.csv` as const }, query: { bot_id, before } }, parseAs: "blob" });
  return { blob: await must(call), next: (await call).response.headers.get("x-next") ?? undefined };
}

async function parquet(kind: LedgerKind, bot_id: string | undefined, after: string | undefined): Promise<Part> {
  const call = api.GET("/api/v1/exports/parquet/{kind}", { params: { path: { kind }, query: { bot_id, after } }, parseAs: "blob" });
  return { blob: await must(call), next: (await call).response.headers.get("x-next") ?? undefined };
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
