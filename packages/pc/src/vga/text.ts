/**
 * The characters on the screen, for whoever waits for a text.
 *
 * Here: rows of a text mode as strings. Not here: the picture (`render.ts`). Codes are taken for those of code page 437.
 * @module
 */
import * as R from "./registers.ts";
import { planeAddress } from "./render.ts";
import type { VgaState } from "./state.ts";
import { verticalEnd } from "./timing.ts";

/** Codes 80 to ff. */
const UPPER =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";

/** The rows from the top, without blanks at their ends; none in a graphics mode. Control codes are blanks. */
export function screenText(at: VgaState, planes: Uint32Array): string[] {
  const { crtc } = at;
  if ((at.graphics[R.VGA_GRAPHICS_MISC] & R.VGA_GRAPHICS_MISC_GRAPHICS) !== 0) return [];
  const columns = crtc[R.VGA_CRTC_HORIZONTAL_END] + 1;
  const rows = Math.floor(verticalEnd(at) / ((crtc[R.VGA_CRTC_MAXIMUM_SCAN] & 31) + 1));
  const start = (crtc[R.VGA_CRTC_START_HIGH] << 8) | crtc[R.VGA_CRTC_START_LOW];
  const pitch = 2 * crtc[R.VGA_CRTC_OFFSET];
  return Array.from({ length: rows }, (_, row) => {
    let line = "";
    for (let column = 0; column < columns; column++)
      line += character(planes[planeAddress(at, start + row * pitch + column, 0)] & 0xff);
    return line.trimEnd();
  });
}

function character(code: number): string {
  if (code >= 0x80) return UPPER[code - 0x80];
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : " ";
}
