/**
 * Labels of the messages that a P3 receives, from its user process and from ART.
 *
 * Here: labels. Not here: messages that it passes on (`art.ts`); messages made by the kernel (microkernel).
 * Reference: docs/protocols.md, section 7.
 * @module
 */

/** User → P3: exit status. No reply. */
export const P3_EXIT = 0x101;
/** User → P3: text. No reply; a failure of kind panic. */
export const P3_PANIC = 0x102;
/** User → P3: the server has finished Initialize. */
export const P3_READY = 0x103;
/** User → P3: result of `Recover`, 0 = replay. */
export const P3_RECOVERED = 0x104;
/** ART → P3: restart the server (a kill). Reply when the restart is under way. */
export const P3_RESTART = 0x401;
/** ART → P3: pid of a server that starts cold. The program is stopped, its IPC broken off. */
export const P3_GROUP_STOP = 0x402;
/** ART → P3: pid of the server, which is ready again. The program is restarted hot. */
export const P3_GROUP_GO = 0x403;
/** ART → P3: pid of the server. The program is told, in its restart page. */
export const P3_GROUP_NOTIFY = 0x404;
