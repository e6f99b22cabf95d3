/**
 * The start block: what a program finds at ESP when it is entered.
 *
 * Here: its bytes, and the stack pointer. Not here: choosing stack and reason (`../plan`).
 *
 *     sp → reason | restart page | argc | argv | pid | argv[0…argc-1] | 0 | strings | top of the stack
 *
 * Reference: docs/protocols.md section 11.
 * @module
 */
import { RESTART_PAGE } from "../protocol/address-space.ts";
import {
  START_ARGC,
  START_ARGV,
  START_PID,
  START_REASON,
  START_RESTART_PAGE,
  START_WORDS,
} from "../protocol/start-block.ts";

/** ESP at the entry is aligned to this. */
const ALIGNMENT = 16;

export interface StartBlock {
  /** Address of the block: ESP at the entry. */
  readonly sp: number;
  /** Block, argv and strings, from `sp` to the top of the stack. */
  readonly bytes: Uint8Array;
}

/**
 * Lays out a start block under `top`.
 * @param args the argument text, program name first, as bytes: words between spaces
 */
export function startBlock(top: number, reason: number, pid: number, args: Uint8Array): StartBlock {
  const words = splitWords(args);
  const strings = words.reduce((sum, word) => sum + word.length + 1, 0);
  const size = Math.ceil((4 * (START_WORDS + words.length + 1) + strings) / ALIGNMENT) * ALIGNMENT;
  const sp = top - size;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const put = (word: number, value: number): void => view.setUint32(4 * word, value, true);
  put(START_REASON, reason);
  put(START_RESTART_PAGE, RESTART_PAGE);
  put(START_ARGC, words.length);
  put(START_ARGV, sp + 4 * START_WORDS);
  put(START_PID, pid);
  let at = 4 * (START_WORDS + words.length + 1);
  for (const [i, word] of words.entries()) {
    put(START_WORDS + i, sp + at);
    bytes.set(word, at);
    at += word.length + 1;
  }
  return { sp, bytes };
}

const SPACE = 0x20;

function splitWords(text: Uint8Array): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (let at = 0; at < text.length; ) {
    let end = at;
    while (end < text.length && text[end] !== SPACE) end++;
    if (end > at) words.push(text.subarray(at, end));
    at = end + 1;
  }
  return words;
}
