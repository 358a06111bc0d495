/** Parse the messages once, at build time: the browser gets them ready to format and needs no parser. */
import { readFileSync, writeFileSync } from "node:fs";
import compile from "icu-minify/compile";

const source = new URL("../src/i18n/en.json", import.meta.url);
const target = new URL("../src/i18n/en.compiled.json", import.meta.url);

function compiled(node, at) {
  if (typeof node === "string") {
    try {
      return compile(node);
    } catch (error) {
      throw new Error(`${at}: ${error.message}`);
    }
  }
  return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, compiled(child, at ? `${at}.${name}` : name)]));
}

writeFileSync(target, JSON.stringify(compiled(JSON.parse(readFileSync(source, "utf8")), "")));
