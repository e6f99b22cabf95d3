/**
 * Text in messages: bytes packed little-endian into words, NUL-padded.
 *
 * Here: both directions. Not here: which words hold text (`protocol/`). One character is one byte (0…255).
 * Reference: docs/protocols.md, section 7.
 * @module
 */

/** The words of a text, without a NUL of its own where it fills its last word. */
export function packText(text: string): number[] {
  return packBytes(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

/** The words of some bytes. */
export function packBytes(bytes: Uint8Array): number[] {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return Array.from(words);
}

/** The text that the words hold, up to the first NUL. */
export function unpackText(words: readonly number[]): string {
  let text = "";
  for (const word of words)
    for (let shift = 0; shift < 32; shift += 8) {
      const byte = (word >>> shift) & 0xff;
      if (byte === 0) return text;
      text += String.fromCharCode(byte);
    }
  return text;
}
