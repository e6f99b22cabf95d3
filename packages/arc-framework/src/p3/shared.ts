/**
 * Shared memory: the pieces of the session region that a program has, and who else may have them.
 *
 * Here: opening, offering, mapping and closing a piece, by the program's request; all pieces given up at once.
 * A piece has a key of the program's choice: asked again, after whatever restart, the same key gives the same pages.
 * The P3 has the pages at the program's addresses and stays their mapping parent; what the other side's program does never
 * reaches this one's tree. Not here: faults in the region (`faults.ts`), ART's side (`../art/sharing.ts`), sessions as such.
 * Reference: thesis 4.2.3, Figures 4.6 and 4.10; docs/protocols.md sections 3 and 7.
 * @module
 */
import { COMPLETE_FPAGE, FPAGE_RWX, makeFpage, NIL_THREAD, threadNumber, UNMAP_FLUSH } from "@kintsugi/microkernel";
import { PAGE_SIZE } from "../elf/layout.ts";
import { SESSION_AREA, SESSION_AREA_END } from "../protocol/address-space.ts";
import {
  ART_ALLOCATE,
  ART_DEVICE_PAGES,
  ART_MAP,
  ART_PAGES_PER_REQUEST,
  ART_PHYSICAL,
  ART_RELEASE,
  ART_SHARE,
  ATTRIBUTE_BITS,
  ATTRIBUTE_CONTIGUOUS,
  ATTRIBUTE_RIGHTS,
} from "../protocol/art.ts";
import { SHARED_CONTIGUOUS, SHARED_DEVICE, SHARED_RAM, SHARED_RAM_PAGES } from "../protocol/p3.ts";
import { STATUS_FAILED, STATUS_INVALID, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK } from "../protocol/status.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { fpagesOf } from "./blocks.ts";
import { getWord, SHARED } from "./state.ts";

/** Kinds of pieces that belong to another process: RAM, device memory. */
const OF_ANOTHER = 3;
const DEVICE_OF_ANOTHER = 4;
/** Device memory is mapped in blocks up to this size. */
const LARGEST_BLOCK = 0x400000;
const SESSION_FPAGE = makeFpage(SESSION_AREA, Math.log2(SESSION_AREA_END - SESSION_AREA), FPAGE_RWX);

/** A row; addresses are unsigned. */
interface Piece {
  readonly key: number;
  readonly kind: number;
  readonly low: number;
  readonly pages: number;
  readonly rights: number;
}

function pieceAt(reader: WordReader, row: number): Piece {
  const get = (field: keyof Piece): number => SHARED.get(reader, row, SHARED.field[field]) >>> 0;
  return { key: get("key"), kind: get("kind"), low: get("low"), pages: get("pages"), rights: get("rights") };
}

function pieces(reader: WordReader): readonly (Piece & { readonly row: number })[] {
  const found: (Piece & { row: number })[] = [];
  for (let row = 0; row < SHARED.rows; row++) {
    const piece = pieceAt(reader, row);
    if (piece.key !== 0) found.push({ ...piece, row });
  }
  return found;
}

/** The piece that holds an address. RAM of it is touched, so that this P3 has it when the program gets it. */
export function sharedItems(tx: Transaction, address: number): { rights: number; fpages: number[] } | undefined {
  if (address < SESSION_AREA || address >= SESSION_AREA_END) return undefined;
  const piece = pieces(tx).find(({ low, pages }) => address >= low && address < low + pages * PAGE_SIZE);
  if (piece === undefined) return undefined;
  const { low, pages, rights, kind } = piece;
  // Nobody takes device memory away from here, and reading it may be more than that.
  const device = kind === SHARED_DEVICE || kind === DEVICE_OF_ANOTHER;
  const block = (device ? pages : ART_PAGES_PER_REQUEST) * PAGE_SIZE;
  const first = low + Math.floor((address - low) / block) * block;
  const end = Math.min(first + block, low + pages * PAGE_SIZE);
  if (!device) for (let page = first; page < end; page += PAGE_SIZE) tx.read(page);
  return { rights, fpages: fpagesOf(first, end, rights) };
}

/** SHARED_OPEN key, kind, pages, physical: → base, physical address. */
export function* openShared(s: Request): Handler {
  const [key, kind, pages, physical] = [s.word(1) >>> 0, s.word(2), s.word(3) >>> 0, s.word(4)];
  const most = [SHARED_RAM_PAGES, ART_PAGES_PER_REQUEST, ART_DEVICE_PAGES][kind];
  if (key === 0 || most === undefined || pages < 1 || pages > most) return reply(STATUS_INVALID);
  const [status, low, known, art] = yield* s.step((tx) => {
    const piece = pieces(tx).find((one) => one.key === key);
    const fits = piece !== undefined && piece.kind === kind && piece.pages === pages;
    if (piece !== undefined) return [fits ? STATUS_OK : STATUS_INVALID, piece.low, 1, getWord(tx, "art")];
    return [...claim(tx, { key, kind, pages }), 0, getWord(tx, "art")];
  });
  if (status !== STATUS_OK) return reply(status!);
  if (known === 0) {
    const got = yield* bringIn(s, art!, kind, low!, pages, physical);
    if (got !== STATUS_OK) {
      yield* giveUp(s, art!, low! >>> 0, pages);
      return reply(got);
    }
  }
  if (kind !== SHARED_CONTIGUOUS) return reply(STATUS_OK, low!, kind === SHARED_DEVICE ? physical : 0);
  const answer = yield* s.call(art!, { label: ART_PHYSICAL, words: [low!] });
  return reply(answer.words[0] ?? STATUS_FAILED, low!, answer.words[1] ?? 0);
}

/** Takes a row and a place. Result: status, base. */
function claim(tx: Transaction, piece: Pick<Piece, "key" | "kind" | "pages">): number[] {
  const row = SHARED.find(tx, SHARED.field.key, 0);
  const low = freePlace(pieces(tx), piece.pages, piece.kind === SHARED_RAM ? PAGE_SIZE : alignmentOf(piece.pages));
  if (row < 0 || low === 0) return [STATUS_NO_MEMORY, 0];
  const words = { ...piece, low, rights: 0b110 };
  for (const [field, value] of Object.entries(words)) SHARED.set(tx, row, SHARED.field[field as keyof Piece], value);
  return [STATUS_OK, low];
}

function alignmentOf(pages: number): number {
  let size = PAGE_SIZE;
  while (size < pages * PAGE_SIZE && size < LARGEST_BLOCK) size *= 2;
  return size;
}

/** The lowest place for so many pages, with an empty page on both sides; 0 for none. */
function freePlace(taken: readonly Piece[], pages: number, alignment: number): number {
  let at = SESSION_AREA;
  for (;;) {
    const end = at + pages * PAGE_SIZE;
    if (end > SESSION_AREA_END) return 0;
    const inWay = taken.find(
      ({ low, pages: size }) => low < end + PAGE_SIZE && low + size * PAGE_SIZE > at - PAGE_SIZE,
    );
    if (inWay === undefined) return at;
    at = Math.ceil((inWay.low + (inWay.pages + 1) * PAGE_SIZE) / alignment) * alignment;
  }
}

/** Has ART map the pages here. Returns a status. */
function* bringIn(s: Request, art: number, kind: number, low: number, pages: number, physical: number): Part<number> {
  if (kind === SHARED_DEVICE) return yield* ask(s, art, ART_MAP, [low, NIL_THREAD, physical, NIL_THREAD, pages]);
  const attribute = kind === SHARED_CONTIGUOUS ? ATTRIBUTE_CONTIGUOUS : 0;
  for (let at = 0; at < pages; at += ART_PAGES_PER_REQUEST) {
    const words = [low + at * PAGE_SIZE, Math.min(ART_PAGES_PER_REQUEST, pages - at), attribute];
    const status = yield* ask(s, art, ART_ALLOCATE, words);
    if (status !== STATUS_OK) return status;
  }
  return STATUS_OK;
}

function* ask(s: Request, art: number, label: number, words: readonly number[]): Part<number> {
  const answer = yield* s.call(art, { label, words }, { accept: COMPLETE_FPAGE });
  return answer.error === 0 ? (answer.words[0] ?? STATUS_FAILED) : STATUS_FAILED;
}

/** The pages leave the program, this P3 and ART's Space; then the row is free. */
function* giveUp(s: Request, art: number, low: number, pages: number): Part<undefined> {
  yield* flush(s, low, pages);
  for (let at = 0; at < pages; at += ART_PAGES_PER_REQUEST)
    yield* ask(s, art, ART_RELEASE, [low + at * PAGE_SIZE, Math.min(ART_PAGES_PER_REQUEST, pages - at)]);
  yield* s.step((tx) => {
    const piece = pieces(tx).find((one) => one.low === low);
    if (piece !== undefined) SHARED.clear(tx, piece.row);
    return [];
  });
  return undefined;
}

function* flush(s: Request, low: number, pages: number): Part<undefined> {
  yield* s.unmap(fpagesOf(low, low + pages * PAGE_SIZE, FPAGE_RWX), UNMAP_FLUSH);
  return undefined;
}

/** SHARED_OFFER base, peer, rights. */
export function* offerShared(s: Request): Handler {
  const [pages, low, art] = yield* s.step((tx) => ownPiece(tx, s.word(1) >>> 0));
  if (pages === 0) return reply(STATUS_NOT_FOUND);
  const peer = s.word(2);
  const word = peer === NIL_THREAD ? 0 : (threadNumber(peer) << ATTRIBUTE_BITS) | (s.word(3) & ATTRIBUTE_RIGHTS);
  return reply(yield* ask(s, art!, ART_SHARE, [low!, pages!, word]));
}

/** Pages, base and ART's thread of a piece that is the program's own; no pages where there is none. */
function ownPiece(tx: Transaction, low: number): number[] {
  const piece = pieces(tx).find((one) => one.low === low && one.kind < OF_ANOTHER);
  return [piece?.pages ?? 0, low, getWord(tx, "art")];
}

/** SHARED_MAP key, owner, base there, pages: → base. What the key named before goes; its place stays if it is large enough. */
export function* mapShared(s: Request): Handler {
  const [key, owner, from, pages] = [s.word(1) >>> 0, s.word(2), s.word(3), s.word(4) >>> 0];
  if (key === 0 || pages < 1 || pages > ART_DEVICE_PAGES) return reply(STATUS_INVALID);
  const [art, old, oldPages] = yield* s.step((tx) => {
    const piece = pieces(tx).find((one) => one.key === key);
    return [getWord(tx, "art"), piece?.low ?? 0, piece?.pages ?? 0];
  });
  if (oldPages !== 0) yield* giveUp(s, art!, old! >>> 0, oldPages!);
  const [status, low] = yield* s.step((tx) => claim(tx, { key, kind: OF_ANOTHER, pages }));
  if (status !== STATUS_OK) return reply(status!);
  const answer = yield* s.call(
    art!,
    { label: ART_MAP, words: [low!, NIL_THREAD, from, owner, pages] },
    { accept: COMPLETE_FPAGE },
  );
  if (answer.error !== 0 || answer.words[0] !== STATUS_OK) {
    yield* giveUp(s, art!, low! >>> 0, pages);
    return reply(answer.words[0] ?? STATUS_FAILED);
  }
  yield* s.step((tx) => {
    const piece = pieces(tx).find((one) => one.key === key);
    if (piece === undefined) return [];
    // Status, 1 for device memory, a map item; its second word is the fpage, with the rights that the owner gives.
    SHARED.set(tx, piece.row, SHARED.field.kind, answer.words[1] === 1 ? DEVICE_OF_ANOTHER : OF_ANOTHER);
    SHARED.set(tx, piece.row, SHARED.field.rights, answer.words[3]! & FPAGE_RWX);
    return [];
  });
  return reply(STATUS_OK, low!);
}

/** SHARED_CLOSE base. */
export function* closeShared(s: Request): Handler {
  const low = s.word(1) >>> 0;
  const [art, pages] = yield* s.step((tx) => [
    getWord(tx, "art"),
    pieces(tx).find((one) => one.low === low)?.pages ?? 0,
  ]);
  if (pages === 0) return reply(STATUS_NOT_FOUND);
  yield* giveUp(s, art!, low, pages!);
  return reply(STATUS_OK);
}

/** All pieces go: the program is about to forget whom it shared them with. Returns their pages. */
export function* giveUpAll(s: Request): Part<number> {
  const [art, pages] = yield* s.step((tx) => [
    getWord(tx, "art"),
    pieces(tx).reduce((sum, piece) => sum + piece.pages, 0),
  ]);
  if (pages === 0) return 0;
  yield* s.unmap([SESSION_FPAGE], UNMAP_FLUSH);
  yield* ask(s, art!, ART_RELEASE, [SESSION_AREA, 0]);
  yield* s.step((tx) => {
    for (const { row } of pieces(tx)) SHARED.clear(tx, row);
    return [];
  });
  return pages!;
}
