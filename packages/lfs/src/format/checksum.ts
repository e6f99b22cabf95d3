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

const CRC_TABLES = buildTables();

/** Eight tables, so that eight bytes go in per round (the slicing method of Kounavis and Berry, 2005). */
function buildTables(): readonly Int32Array[] {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    tables[0][n] = c;
  }
  for (let n = 0; n < 256; n++)
    for (let t = 1; t < 8; t++) {
      const c = tables[t - 1][n];
      tables[t][n] = tables[0][c & 0xff] ^ (c >>> 8);
    }
  return tables;
}

/** CRC-32 (IEEE 802.3, reflected) of `[start, end)`, as a signed word; `crc` continues an earlier one. */
export function crc32(bytes: Uint8Array, start: number, end: number, crc = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = CRC_TABLES;
  let c = ~crc;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    c =
      t7[(bytes[i] ^ c) & 0xff] ^
      t6[(bytes[i + 1] ^ (c >>> 8)) & 0xff] ^
      t5[(bytes[i + 2] ^ (c >>> 16)) & 0xff] ^
      t4[(bytes[i + 3] ^ (c >>> 24)) & 0xff] ^
      t3[bytes[i + 4]] ^
      t2[bytes[i + 5]] ^
      t1[bytes[i + 6]] ^
      t0[bytes[i + 7]];
  }
  for (; i < end; i++) c = t0[(bytes[i] ^ c) & 0xff] ^ (c >>> 8);
  return ~c;
}
