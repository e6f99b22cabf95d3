/**
 * Text in message registers: bytes packed little-endian into words (docs/protocols.md, section 7).
 *
 * Here: both directions, for what talks to programs on the rig.
 * @module
 */

/** Words that hold the text, the last one padded with NULs; no NUL is added. */
export function packText(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  const words: number[] = new Array(Math.ceil(bytes.length / 4)).fill(0);
  for (const [i, byte] of bytes.entries()) words[i >>> 2]! |= byte << (8 * (i & 3));
  return words;
}

/** The first `count` bytes of the words. */
export function unpackText(words: readonly number[], count: number): string {
  return Array.from({ length: count }, (_, i) => String.fromCharCode((words[i >>> 2]! >>> (8 * (i & 3))) & 0xff)).join(
    "",
  );
}
