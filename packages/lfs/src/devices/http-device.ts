/**
 * A disk on a web server, read in ranges: mount it read-only.
 *
 * Here: `httpDevice`. Not here: `fetch`, which the host gives. RFC 9110, 14: a server that ignores the range
 * answers 200 and is refused, so that no block is taken for another.
 * @module
 */
import type { BlockDevice } from "../block-device.ts";

/** The part of a `Response` that is read. */
export interface HttpAnswer {
  readonly status: number;
  /** The whole body. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The part of `fetch` that a disk needs. */
export type FetchLike = (
  url: string,
  init: { readonly headers: Readonly<Record<string, string>> },
) => Promise<HttpAnswer>;

/** The disk at a URL. `size` in bytes, as the server's Content-Length says. */
export function httpDevice(url: string, size: number, fetch: FetchLike): BlockDevice {
  const refuse = async (): Promise<void> => {
    throw new Error(`${url} cannot be written`);
  };
  return {
    size,
    async read(offset, bytes) {
      const range = `bytes=${offset}-${offset + bytes.length - 1}`;
      const answer = await fetch(url, { headers: { Range: range } });
      const body = new Uint8Array(await answer.arrayBuffer());
      if (answer.status !== 206 || body.length !== bytes.length)
        throw new Error(`${url}: ${answer.status} with ${body.length} bytes for ${range}`);
      bytes.set(body);
    },
    write: refuse,
    flush: async () => {},
  };
}
