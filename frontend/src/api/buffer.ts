/**
 * What the Web PubSub client wants of Node's Buffer, in the browser's own words (next.config.ts puts it in the place of two polyfills).
 * Our messages are JSON; binary ones are only carried, so bytes to and from base64 are all there is.
 */
class Bytes extends Uint8Array<ArrayBuffer> {
  override toString(): string {
    return btoa(String.fromCharCode(...this));
  }
}

function from(data: string | ArrayBuffer | ArrayLike<number>): Bytes {
  if (typeof data === "string") return Bytes.from(atob(data), (letter) => letter.charCodeAt(0)) as Bytes;
  return Bytes.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data) as Bytes;
}

function concat(parts: readonly ArrayLike<number>[]): Bytes {
  return from(parts.flatMap((part) => Array.from(part)));
}

export const Buffer = { from, concat };
