/**
 * A resident server with sessions: who is connected, and the dispatch of their requests.
 *
 * Here: the table of sessions in persistent memory, and handlers for the runtime of resident servers, which make connecting and
 * ending crash-proof like any handler. Not here: what Begin, End, Get and Put mean: the server supplies that.
 * Reference: thesis 4.5.3, listing 4.5; docs/protocols.md, section 7.
 * @module
 */
import { FPAGE_R, FPAGE_W, NIL_THREAD, threadNumber } from "@kintsugi/microkernel";
import { type Struct, struct, u32, words } from "@kintsugi/records";
import { P3_SHARED_CLOSE, P3_SHARED_OFFER, P3_SHARED_OPEN, SHARED_RAM } from "../protocol/p3.ts";
import {
  SESSION_BEGIN,
  SESSION_CLIENT_ENDED,
  SESSION_CONNECT,
  SESSION_DISCONNECT,
  SESSION_END,
  SESSION_GET,
  SESSION_LIMIT,
  SESSION_PAGES,
  SESSION_PUT,
} from "../protocol/session.ts";
import { STATUS_INVALID, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { ART_THREAD, PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import { PersistentTable, type WordReader } from "../server/table.ts";
import { ask, pagerOf } from "./session.ts";

const FIELDS = { client: "u32", key: "u32", base: "u32", pages: "u32", user: "words[4]" } as const;
const SessionRow: Struct<typeof FIELDS> = struct({ client: u32, key: u32, base: u32, pages: u32, user: words(4) });

/** Bytes of persistent memory that the table of sessions takes. */
export const SESSION_TABLE_SIZE: number = SESSION_LIMIT * SessionRow.size;

/** One session as a handler sees it. */
export interface SessionControlBlock {
  /** Its row; {@link SessionServer.userWord} has four words for the server's own use. */
  readonly row: number;
  readonly client: number;
  readonly key: number;
  /** The shared pages in the server, unsigned. */
  readonly base: number;
  readonly pages: number;
}

/** What a request of a session is handled by. `words` are the client's, without the key. */
export type SessionHandler = (s: Request, session: SessionControlBlock, words: readonly number[]) => Handler;

/** The server's own part; what is left out answers OK (connect, disconnect, begin, end) or INVALID (get, put). */
export interface SessionHandlers {
  readonly connect?: SessionHandler;
  /** A session ends, by the client's wish or because it has ended; the answer's first word is the client's status. */
  readonly disconnect?: SessionHandler;
  readonly begin?: SessionHandler;
  readonly end?: SessionHandler;
  readonly get?: SessionHandler;
  readonly put?: SessionHandler;
}

const accept: SessionHandler = () => answered(STATUS_OK);
const refuse: SessionHandler = () => answered(STATUS_INVALID);

// biome-ignore lint/correctness/useYield: an answer at once.
function* answered(status: number): Handler {
  return reply(status);
}

/** The sessions of one server. */
export class SessionServer {
  readonly #table: PersistentTable<typeof FIELDS>;
  readonly #own: Required<SessionHandlers>;

  /** @param base of {@link SESSION_TABLE_SIZE} bytes of zeroed persistent memory */
  constructor(base: number, own: SessionHandlers) {
    this.#table = new PersistentTable(base, SESSION_LIMIT, SessionRow);
    this.#own = { connect: accept, disconnect: accept, begin: accept, end: accept, get: refuse, put: refuse, ...own };
  }

  /** To go among the server's handlers. */
  get handlers(): ReadonlyMap<number, HandlerFunction> {
    const { begin, end, get, put } = this.#own;
    return new Map<number, HandlerFunction>([
      [SESSION_CONNECT, (s) => this.#connect(s)],
      [SESSION_DISCONNECT, (s) => this.#disconnect(s)],
      [SESSION_CLIENT_ENDED, (s) => this.#clientEnded(s)],
      [SESSION_BEGIN, (s) => this.#request(s, begin)],
      [SESSION_END, (s) => this.#request(s, end)],
      [SESSION_GET, (s) => this.#request(s, get)],
      [SESSION_PUT, (s) => this.#request(s, put)],
    ]);
  }

  /** Address of one of the four words of a session that are the server's own. */
  userWord(session: SessionControlBlock, index: number): number {
    return this.#table.address(session.row, this.#table.field.user + index);
  }

  /** The session of a client. */
  *search(s: Request, client: number, key: number): Part<SessionControlBlock | undefined> {
    const [row, base, pages] = yield* s.step((tx) => {
      const found = this.#find(tx, client, key);
      return found < 0 ? [-1] : [found, this.#get(tx, found, "base"), this.#get(tx, found, "pages")];
    });
    return row! < 0 ? undefined : { row: row!, client, key, base: base! >>> 0, pages: pages! };
  }

  /** A session with pages that the client may map; the one that there is, if it has as many. A status where there is no room. */
  *register(s: Request, client: number, key: number, pages: number): Part<SessionControlBlock | number> {
    const known = yield* this.search(s, client, key);
    if (known !== undefined && known.pages === pages) return known;
    if (known !== undefined) yield* this.deregister(s, known);
    const [row] = yield* s.step((tx) => [this.#table.find(tx, this.#table.field.client, NIL_THREAD)]);
    if (row! < 0) return STATUS_NO_MEMORY;
    const p3 = yield* pagerOf(s);
    const opened = yield* ask(s, p3, P3_SHARED_OPEN, [this.#keyOf(row!), SHARED_RAM, pages, 0]);
    if (opened.status !== STATUS_OK) return opened.status;
    const base = (opened.words[0] ?? 0) >>> 0;
    const offered = yield* ask(s, p3, P3_SHARED_OFFER, [base, client, FPAGE_R | FPAGE_W]);
    if (offered.status !== STATUS_OK) {
      yield* ask(s, p3, P3_SHARED_CLOSE, [base]);
      return offered.status;
    }
    yield* s.step((tx) => {
      this.#table.clear(tx, row!);
      for (const [field, value] of Object.entries({ client, key, base, pages }))
        this.#table.set(tx, row!, this.#table.field[field as keyof typeof FIELDS], value);
      return [];
    });
    return { row: row!, client, key, base, pages };
  }

  /** Gives the pages back, then the row. */
  *deregister(s: Request, session: SessionControlBlock): Part<undefined> {
    yield* ask(s, yield* pagerOf(s), P3_SHARED_CLOSE, [session.base]);
    yield* s.step((tx) => {
      this.#table.clear(tx, session.row);
      return [];
    });
    return undefined;
  }

  *#connect(s: Request): Handler {
    const [key, pages] = [s.word(1), s.word(2) >>> 0];
    if (key === 0 || pages < 1 || pages > SESSION_PAGES) return reply(STATUS_INVALID);
    const session = yield* this.register(s, s.sender, key, pages);
    if (typeof session === "number") return reply(session);
    const answer = yield* this.#own.connect(s, session, s.words.slice(2, s.count));
    const [status = STATUS_OK, ...more] = answer !== undefined && "words" in answer ? (answer.words ?? []) : [];
    if (status === STATUS_OK) return reply(STATUS_OK, session.base | 0, ...more);
    yield* this.deregister(s, session);
    return reply(status);
  }

  *#disconnect(s: Request): Handler {
    const session = yield* this.search(s, s.sender, s.word(1));
    if (session === undefined) return reply(STATUS_OK);
    const answer = yield* this.#own.disconnect(s, session, s.words.slice(1, s.count));
    yield* this.deregister(s, session);
    return answer ?? reply(STATUS_OK);
  }

  *#request(s: Request, handler: SessionHandler): Handler {
    const session = yield* this.search(s, s.sender, s.word(1));
    return session === undefined ? reply(STATUS_NOT_FOUND) : yield* handler(s, session, s.words.slice(1, s.count));
  }

  /** From ART, which alone can have these numbers. */
  *#clientEnded(s: Request): Handler {
    const number = threadNumber(s.sender);
    if (number < ART_THREAD || number > ART_THREAD + PROCESS_LIMIT) return reply(STATUS_REFUSED);
    const client = s.word(1);
    const keys = yield* s.step((tx) => {
      const rows = Array.from({ length: SESSION_LIMIT }, (_, row) => row);
      return rows.filter((row) => this.#get(tx, row, "client") === client).map((row) => this.#get(tx, row, "key"));
    });
    for (const key of keys) {
      const session = yield* this.search(s, client, key);
      if (session === undefined) continue;
      yield* this.#own.disconnect(s, session, []);
      yield* this.deregister(s, session);
    }
    return reply(STATUS_OK);
  }

  #find(tx: WordReader, client: number, key: number): number {
    for (let row = 0; row < SESSION_LIMIT; row++)
      if (this.#get(tx, row, "client") === client && this.#get(tx, row, "key") === key) return row;
    return -1;
  }

  #get(tx: WordReader, row: number, field: keyof typeof FIELDS): number {
    return this.#table.get(tx, row, this.#table.field[field]);
  }

  /** Of the shared memory of a row: its address is nobody else's. */
  #keyOf(row: number): number {
    return this.#table.address(row, 0);
  }
}
