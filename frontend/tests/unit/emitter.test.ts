/** The live feed's client listens through this instead of Node's: the same answers to the same calls. */
import NodeEmitter from "node:events";
import { describe, expect, test } from "vitest";
import EventEmitter from "@/api/emitter";

describe.each([
  ["ours", () => new EventEmitter()],
  ["Node's", () => new NodeEmitter() as unknown as EventEmitter],
] as const)("%s", (_, make) => {
  test("tells who listens, in their order, and says whether anybody did", () => {
    const heard: unknown[] = [];
    const emitter = make().on("a", (...values) => heard.push(["first", ...values])).on("a", (...values) => heard.push(["second", ...values]));
    expect(emitter.emit("a", 1, "x")).toBe(true);
    expect(emitter.emit("b", 2)).toBe(false);
    expect(heard).toEqual([["first", 1, "x"], ["second", 1, "x"]]);
  });

  test("forgets one listening at a time, the last one first, and who never listened is no trouble", () => {
    const heard: string[] = [];
    const [a, b] = [() => heard.push("a"), () => heard.push("b")];
    const emitter = make().on("e", a).on("e", b).on("e", a);
    emitter.removeListener("e", a).removeListener("other", a);
    emitter.emit("e");
    expect(heard).toEqual(["a", "b"]);
  });

  test("a change while an event is told counts from the next one on", () => {
    const heard: string[] = [];
    const emitter = make();
    const late = () => heard.push("late");
    const once = () => {
      emitter.removeListener("e", once).on("e", late);
      heard.push("once");
    };
    emitter.on("e", once).on("e", () => heard.push("other"));
    emitter.emit("e");
    expect(heard).toEqual(["once", "other"]);
    emitter.emit("e");
    expect(heard).toEqual(["once", "other", "other", "late"]);
  });
});
