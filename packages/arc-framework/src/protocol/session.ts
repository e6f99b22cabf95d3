/**
 * Labels of sessions: what a client and a server that share pages say to each other.
 *
 * Here: labels and bounds. MR1 is the session's key, by which the client names it; then the words of the request.
 * Not here: how the pages come to both sides (`p3.ts`, `art.ts`), the libraries (`guest/session.h`, `../session`).
 * Reference: thesis 4.5.3, listings 4.4 and 4.5; docs/protocols.md, section 7.
 * @module
 */

/** Key, pages → base of the shared pages in the server. */
export const SESSION_CONNECT = 0x181;
/** Key. */
export const SESSION_DISCONNECT = 0x182;
/** Key, words → words: what follows concerns what these words name. */
export const SESSION_BEGIN = 0x183;
/** Key, words. */
export const SESSION_END = 0x184;
/** Key, words → words: the shared pages hold data for the client. */
export const SESSION_GET = 0x185;
/** Key, words → words: the shared pages hold data of the client. */
export const SESSION_PUT = 0x186;
/** ART → server: thread id of a client that has ended. */
export const SESSION_CLIENT_ENDED = 0x187;

/** Sessions of one server at a time. */
export const SESSION_LIMIT = 32;
/** Pages of a session at most. */
export const SESSION_PAGES = 16;
/** Words of a request behind its key, and of a reply behind its status. */
export const SESSION_WORDS = 60;
