/**
 * A program from a disk: the P3 reads the file through a session with the disk's server, and keeps it.
 *
 * Here: finding the server, the session, the file's bytes where a module's would be mapped. Everything behind that is as for a
 * module: a restart needs neither disk nor server. Not here: parsing and areas (`loader.ts`), the server (drivers).
 * Reference: thesis, appendix C (the third approach) and 4.5.3; docs/protocols.md, section 7.
 * @module
 */
import { COMPLETE_FPAGE, NIL_THREAD } from "@kintsugi/microkernel";
import { PAGE_SIZE } from "../elf/layout.ts";
import { P3_MODULE_AREA, SESSION_AREA } from "../protocol/address-space.ts";
import { ART_LOOKUP, ART_MAP, ART_RELEASE } from "../protocol/art.ts";
import { EXT2_ENOENT, EXT2_OPEN_READ, EXT2_READ, EXT2_STAT_SIZE } from "../protocol/ext2.ts";
import { SESSION_CONNECT, SESSION_DISCONNECT, SESSION_PAGES } from "../protocol/session.ts";
import {
  STATUS_BAD_PROGRAM,
  STATUS_FAILED,
  STATUS_NO_MEMORY,
  STATUS_NOT_FOUND,
  STATUS_OK,
} from "../protocol/status.ts";
import type { Part, Request } from "../server/request.ts";
import { packText, unpackText } from "../server/text.ts";
import { ask, Session, type SessionAnswer } from "../session/session.ts";
import { allocate } from "./memory.ts";
import { MODULE_RUN, runArrived } from "./pages.ts";

/** Bytes of a program's file at most: the journal of one request has to hold its reading. */
const LARGEST = 8 * MODULE_RUN * PAGE_SIZE;
/** Names the session among this P3's; it has no other. */
const KEY = 1;
/** While a program is being loaded it has nothing in the session region. */
const BASE = SESSION_AREA;

/** Bytes of the file; or why there is no program: status and text, as PROCESS_STARTED has them. */
export type Fetched = { readonly size: number } | { readonly refusal: readonly number[] };

const refused = (status: number, text: string): Fetched => ({ refusal: [status, ...packText(text)] });

/** Reads the file that the first word of the argument text names, SERVER:PATH. */
export function* fetchProgram(s: Request, art: number, argument: readonly number[]): Part<Fetched> {
  const [, name = "", path = ""] = /^([^:\s]*):(\S*)/.exec(unpackText(argument)) ?? [];
  const found = yield* ask(s, art, ART_LOOKUP, packText(name));
  if (found.status !== STATUS_OK) return refused(STATUS_NOT_FOUND, `there is no server '${name}'`);
  const server = found.words[0]!;
  const session = yield* connect(s, art, server);
  const nothing = refused(STATUS_BAD_PROGRAM, `'${name}' gives no session`);
  const fetched = session === undefined ? nothing : yield* readFile(s, art, session, path);
  yield* ask(s, server, SESSION_DISCONNECT, [KEY]);
  yield* ask(s, art, ART_RELEASE, [BASE, SESSION_PAGES]);
  return fetched;
}

/** A session whose pages this P3 maps for itself: they are never its program's. */
function* connect(s: Request, art: number, server: number): Part<Session | undefined> {
  const connected = yield* ask(s, server, SESSION_CONNECT, [KEY, SESSION_PAGES]);
  if (connected.status !== STATUS_OK) return undefined;
  const words = [BASE, NIL_THREAD, connected.words[0]!, server, SESSION_PAGES];
  const mapped = yield* s.call(art, { label: ART_MAP, words }, { accept: COMPLETE_FPAGE });
  if (mapped.error !== 0 || mapped.words[0] !== STATUS_OK) return undefined;
  return new Session(server, KEY, SESSION_PAGES, BASE);
}

function* readFile(s: Request, art: number, session: Session, path: string): Part<Fetched> {
  yield* s.step((tx) => {
    tx.pages.write(
      BASE,
      Uint8Array.from(`${path}\0`, (character) => character.charCodeAt(0)),
    );
    return [];
  });
  const opened = yield* session.begin(s, EXT2_OPEN_READ, 0);
  if (opened.status !== STATUS_OK) return failed(opened);
  const size = opened.words[EXT2_STAT_SIZE]! >>> 0;
  if (size > LARGEST)
    return refused(STATUS_BAD_PROGRAM, `the file has ${size} bytes and may have ${LARGEST}; strip it`);
  for (let run = 0; run * MODULE_RUN * PAGE_SIZE < size; run++) {
    const first = run * MODULE_RUN * PAGE_SIZE;
    const end = Math.min(size, first + MODULE_RUN * PAGE_SIZE);
    const status = yield* allocate(s, art, P3_MODULE_AREA + first, Math.ceil((end - first) / PAGE_SIZE));
    if (status !== STATUS_OK) return refused(STATUS_NO_MEMORY, "there is no memory for it; end another program");
    for (let at = first; at < end; ) {
      const got = yield* session.get(s, EXT2_READ, at, end - at);
      const count = got.words[0] ?? 0;
      if (got.status !== STATUS_OK) return failed(got);
      if (count < 1 || count > end - at) return refused(STATUS_BAD_PROGRAM, "the file changes while it is read");
      yield* s.step((tx) => {
        tx.pages.copy(P3_MODULE_AREA + at, BASE, count);
        return [];
      });
      at += count;
    }
    yield* s.step((tx) => {
      runArrived(tx, run);
      return [];
    });
  }
  return { size };
}

/** FAILED carries the number of an error. */
function failed({ status, words }: SessionAnswer): Fetched {
  if (status === STATUS_FAILED && words[0] === EXT2_ENOENT) return refused(STATUS_NOT_FOUND, "there is no such file");
  return refused(STATUS_BAD_PROGRAM, `the disk's server says error ${words[0] ?? status}`);
}
