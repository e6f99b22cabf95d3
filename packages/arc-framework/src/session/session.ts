/**
 * A session of a resident program with a server: pages that both see, and the four requests.
 *
 * Here: the client's side, as parts of a handler. A session is a plain value: who needs it beyond one request keeps its words in
 * persistent memory. The pages are read and written in steps, as any memory of the program.
 * Not here: the server's side (`session-server.ts`), the same for guests (`guest/session.h`).
 * Reference: thesis 4.5.3, listing 4.4; docs/protocols.md, section 7.
 * @module
 */
import { EXREGS_DELIVER } from "@kintsugi/microkernel";
import { P3_SHARED_CLOSE, P3_SHARED_MAP } from "../protocol/p3.ts";
import {
  SESSION_BEGIN,
  SESSION_CONNECT,
  SESSION_DISCONNECT,
  SESSION_END,
  SESSION_GET,
  SESSION_PUT,
} from "../protocol/session.ts";
import { STATUS_FAILED, STATUS_OK } from "../protocol/status.ts";
import type { Part, Request } from "../server/request.ts";

/** What a request of a session was answered. */
export interface SessionAnswer {
  /** STATUS_…; FAILED, too, when there was no answer. */
  readonly status: number;
  /** The words behind the status. */
  readonly words: readonly number[];
}

/** Asks a thread; the first word of the answer is its status. */
export function* ask(s: Request, to: number, label: number, words: readonly number[]): Part<SessionAnswer> {
  const answer = yield* s.call(to, { label, words });
  if (answer.error !== 0) return { status: STATUS_FAILED, words: [] };
  const [status = STATUS_FAILED, ...rest] = answer.words;
  return { status, words: rest };
}

/** The P3 of the program that handles the request. */
export function* pagerOf(s: Request): Part<number> {
  return (yield* s.exchangeRegisters(s.thread, EXREGS_DELIVER)).pager;
}

/** A connection with shared pages. */
export class Session {
  /** Thread id of the server. */
  readonly peer: number;
  /** Names the session among the client's; not 0. */
  readonly key: number;
  readonly pages: number;
  /** Where the pages lie in this program, unsigned; 0 before they are connected. */
  readonly base: number;

  constructor(peer: number, key: number, pages: number, base: number) {
    this.peer = peer;
    this.key = key;
    this.pages = pages;
    this.base = base;
  }

  /**
   * Connects to a server. The same key gives the same address here, and the same pages while the server remembers.
   * @returns the session; a status other than STATUS_OK where there is none
   */
  static *connect(s: Request, peer: number, key: number, pages: number): Part<Session | number> {
    const connected = yield* ask(s, peer, SESSION_CONNECT, [key, pages]);
    if (connected.status !== STATUS_OK) return connected.status;
    const theirs = connected.words[0] ?? 0;
    const mapped = yield* ask(s, yield* pagerOf(s), P3_SHARED_MAP, [key, peer, theirs, pages]);
    if (mapped.status !== STATUS_OK) return mapped.status;
    return new Session(peer, key, pages, (mapped.words[0] ?? 0) >>> 0);
  }

  /** What follows concerns what these words name. */
  begin(s: Request, ...words: readonly number[]): Part<SessionAnswer> {
    return ask(s, this.peer, SESSION_BEGIN, [this.key, ...words]);
  }

  /** What was begun is over. */
  end(s: Request, ...words: readonly number[]): Part<SessionAnswer> {
    return ask(s, this.peer, SESSION_END, [this.key, ...words]);
  }

  /** The server fills the pages. */
  get(s: Request, ...words: readonly number[]): Part<SessionAnswer> {
    return ask(s, this.peer, SESSION_GET, [this.key, ...words]);
  }

  /** The server takes what is in the pages. */
  put(s: Request, ...words: readonly number[]): Part<SessionAnswer> {
    return ask(s, this.peer, SESSION_PUT, [this.key, ...words]);
  }

  /** Both sides let the pages go. Returns the server's status. */
  *disconnect(s: Request): Part<number> {
    const { status } = yield* ask(s, this.peer, SESSION_DISCONNECT, [this.key]);
    yield* ask(s, yield* pagerOf(s), P3_SHARED_CLOSE, [this.base]);
    return status;
  }
}
