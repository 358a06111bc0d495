import { expect, test } from "vitest";
import { Buffer } from "@/api/buffer";

const BYTES = [0, 1, 127, 128, 255];
const TEXT = "AAF/gP8=";

test("bytes become base64 and come back the same", () => {
  expect(Buffer.from(BYTES).toString()).toBe(TEXT);
  expect([...Buffer.from(TEXT)]).toEqual(BYTES);
  expect([...Buffer.from(new Uint8Array(BYTES).buffer)]).toEqual(BYTES);
});

test("parts are joined in their order", () => {
  expect([...Buffer.concat([Buffer.from([1, 2]), Buffer.from([3])])]).toEqual([1, 2, 3]);
});
