/**
 * Names as text: UTF-8 both ways, without the host's encoders.
 *
 * Here: `encodeUtf8`, `decodeUtf8`. Not here: what names may hold (`vfs/directory.ts`). The disk keeps
 * bytes; what is no UTF-8 comes back with U+FFFD, one for each byte that is wrong (RFC 3629).
 * @module
 */

export function encodeUtf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    // A lone surrogate has no encoding.
    const c = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    if (c < 0x80) out.push(c);
    else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return Uint8Array.from(out);
}

/** Least code point of an encoding with this many further bytes. */
const LEAST: readonly number[] = [0, 0x80, 0x800, 0x10000];

export function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at];
    const more = first < 0x80 ? 0 : first >= 0xf0 && first < 0xf8 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
    let code = more <= 0 ? first : first & (0x3f >> more);
    let good = more >= 0 && first < 0xf8 && at + more < bytes.length;
    for (let n = 1; good && n <= more; n++) {
      good = (bytes[at + n] & 0xc0) === 0x80;
      code = (code << 6) | (bytes[at + n] & 0x3f);
    }
    good &&= code >= LEAST[more] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    text += good ? String.fromCodePoint(code) : "�";
    at += good ? more + 1 : 1;
  }
  return text;
}
