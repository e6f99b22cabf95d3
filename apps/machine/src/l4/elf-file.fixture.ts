/**
 * ELF files for tests, made from what they are to hold.
 *
 * @module
 */

export interface SegmentOf {
  readonly physical: number;
  readonly virtual: number;
  readonly bytes: readonly number[];
  readonly size: number;
  readonly flags: number;
  /** PT_LOAD unless told. */
  readonly type?: number;
}

/** An executable without sections. */
export function elfFile(
  segments: readonly SegmentOf[],
  { entry = 0x400000, machine = 3, type = 2 }: { entry?: number; machine?: number; type?: number } = {},
): Uint8Array {
  const headers = 52 + 32 * segments.length;
  const file = new Uint8Array(headers + segments.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setUint32(24, entry, true);
  view.setUint32(28, segments.length === 0 ? 0 : 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, segments.length, true);
  let at = headers;
  for (const [i, segment] of segments.entries()) {
    const { virtual, physical, bytes, size, flags } = segment;
    const words = [segment.type ?? 1, at, virtual, physical, bytes.length, size, flags, 0x1000];
    for (const [n, word] of words.entries()) view.setUint32(52 + 32 * i + 4 * n, word, true);
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
