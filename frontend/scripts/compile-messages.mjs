/**
 * Parse the messages once, at build time: the browser gets them ready to format and needs no parser.
 * The words of the forms and of the screens opened now and then are the larger half, so they get a file of their own;
 * so do the codes that only what is sent there can be answered with.
 */
import { readFileSync, writeFileSync } from "node:fs";
import compile from "icu-minify/compile";

const FORM = new Set([
  ...["field", "fieldHelp", "option", "optionOf", "newBot", "plan", "group", "strategyHint"],
  ...["bot", "event", "stop", "pause", "resume", "role", "orderStatus", "orderType", "side", "line", "deals", "edit", "addMoney", "more", "exports"],
  ...["signIn", "settings", "accounts", "live_account", "analytics", "palette", "notify", "presets", "vary", "runs", "optimise"],
  ...["webhooks", "dialect", "hit", "panic", "guards", "backtests", "jobStatus", "jobPhase", "bulk", "keys", "sharing", "twin", "rebuild", "param", "cause", "given", "commandName", "hitReason", "decision", "deliveryDetail", "mapping", "planRow"],
]);
/** What only the overview needs of the rest, and the screens with the words of the forms. */
const DESK = new Set(["overview", "pnl", "balance"]);
const EVERYWHERE = new Set(["offline", "refused", "server_error", "internal", "unauthorized", "forbidden", "not_found", "slow_down", "too_many_requests"]);
const folder = new URL("../src/i18n/", import.meta.url);

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

const words = Object.entries(compiled(JSON.parse(readFileSync(new URL("en.json", folder), "utf8")), ""));
const write = (name, some) => writeFileSync(new URL(name, folder), JSON.stringify(Object.fromEntries(some)));
const codes = Object.fromEntries(Object.entries(Object.fromEntries(words).code).filter(([name]) => EVERYWHERE.has(name)));
write("en.compiled.json", [...words.filter(([name]) => !FORM.has(name) && !DESK.has(name) && name !== "code"), ["code", codes]]);
write("en.desk.compiled.json", words.filter(([name]) => DESK.has(name)));
write("en.form.compiled.json", words.filter(([name]) => FORM.has(name) || name === "code"));
