/**
 * Packs what the build wrote under _next/static, once and as small as it gets: whoever serves the files sends the packed one as it lies
 * there. Their names change with their content, so a packed file never outlives the one it was made of.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const WORTH = /\.(js|css|svg|json)$/;
const SMALLEST = 512;
const root = new URL("../out/_next/static/", import.meta.url).pathname;

for (const name of readdirSync(root, { recursive: true })) {
  const file = path.join(root, name);
  if (!WORTH.test(name) || !statSync(file).isFile()) continue;
  const body = readFileSync(file);
  if (body.length < SMALLEST) continue;
  writeFileSync(`${file}.br`, brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }));
  writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
}
