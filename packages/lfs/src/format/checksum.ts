/**
 * Checksums: the format's 16-bit XOR, and a CRC-32 that sees what the XOR does not.
 *
 * Here: `cksum` and `crc32` over ranges of bytes. Not here: which bytes are covered (`superblock.ts`,
 * `segsum.ts`). The XOR of a partial segment covers four bytes of each block, so a block torn in its
 * middle passes it; the CRC covers every byte (`segsum.ts` says where it lies).
 * @module
 */

/** XOR of the little-endian 16-bit words of `[start, end)`; an odd last byte is ignored. */
export function cksum(bytes: Uint8Array, start: number, end: number): number {
  let low = 0;
  let high = 0;
  for (let i = start; i + 1 < end; i += 2) {
    low ^= bytes[i];
    high ^= bytes[i + 1];
  }
  return low | (high << 8);
}

/** Eight tables of 256 words, one behind the other, so that eight bytes go in per round (slicing: Kounavis and Berry, 2005). */
const CRC_TABLE = buildTables();

function buildTables(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    table[n] = c;
  }
  for (let n = 256; n < table.length; n++) table[n] = table[table[n - 256] & 0xff] ^ (table[n - 256] >>> 8);
  return table;
}

/** Whether words in memory are as on the disk. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** CRC-32 (IEEE 802.3, reflected) of `[start, end)`, as a signed word; `crc` continues an earlier one. */
export function crc32(bytes: Uint8Array, start: number, end: number, crc = 0): number {
  const t = CRC_TABLE;
  let c = ~crc;
  let i = start;
  const aligned = IS_LITTLE_ENDIAN ? Math.min(end, start + (-(bytes.byteOffset + start) & 3)) : end;
  for (; i < aligned; i++) c = t[(bytes[i] ^ c) & 0xff] ^ (c >>> 8);
  const words = ((end - i) >> 3) * 2;
  if (words > 0) {
    const w = new Int32Array(bytes.buffer, bytes.byteOffset + i, words);
    for (let n = 0; n < words; n += 2) {
      const a = w[n] ^ c;
      const b = w[n + 1];
      c =
        t[1792 + (a & 0xff)] ^
        t[1536 + ((a >>> 8) & 0xff)] ^
        t[1280 + ((a >>> 16) & 0xff)] ^
        t[1024 + (a >>> 24)] ^
        t[768 + (b & 0xff)] ^
        t[512 + ((b >>> 8) & 0xff)] ^
        t[256 + ((b >>> 16) & 0xff)] ^
        t[b >>> 24];
    }
    i += words * 4;
  }
  for (; i < end; i++) c = t[(bytes[i] ^ c) & 0xff] ^ (c >>> 8);
  return ~c;
}
