/** How much JavaScript a modern browser loads for a page before anything is asked for: gzip -9, bytes. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

export function firstLoad(page, out = new URL("../out/", import.meta.url)) {
  const html = readFileSync(new URL(`${page}index.html`, out), "utf8");
  const scripts = [...html.matchAll(/<script\b[^>]*\bsrc="\/([^"?]+)[^>]*>/g)].filter(([tag]) => !/nomodule/i.test(tag)).map(([, file]) => file);
  return scripts.map((file) => ({ file, bytes: gzipSync(readFileSync(new URL(file, out)), { level: 9 }).length }));
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const page of ["", "bots/", "bots/new/", "accounts/", "settings/"]) {
    const files = firstLoad(page);
    console.log(`/${page} ${files.reduce((sum, { bytes }) => sum + bytes, 0)} bytes`);
    if (process.argv.includes("--files")) for (const { file, bytes } of files) console.log(`  ${bytes} ${file}`);
  }
}
