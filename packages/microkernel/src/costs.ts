/**
 * What kernel work costs, in cycles of the virtual clock (100 per microsecond).
 *
 * Here: the one table of charged amounts. Not here: guest instructions, which cost one each.
 * The anchors are published hot-cache figures of L4 kernels at one-way IPC between address spaces:
 * 121 cycles (Pentium, HotOS'97), 250 (i486, SOSP'93), 273 (Pentium II), 288 (NOVA), 301 (seL4).
 * The rest is scaled from these: a page fault is two IPCs without their send cost, a mapping walks
 * two page tables. They are chosen, not measured; what matters is that they never change in a run.
 * @module
 */

/** One way of a short IPC: trap, rendezvous, switch. */
export const COST_IPC = 250;
/** Each message register copied. */
export const COST_WORD = 2;
/** Each page that a map or grant item enters. */
export const COST_MAP_PAGE = 150;
/** Dividing a 4 MiB mapping into its pages. */
export const COST_SPLIT = 5000;
/** Each mapping that Unmap visits. */
export const COST_UNMAP_PAGE = 80;
/** Making a fault, exception or hang into a message, besides its IPC. */
export const COST_FAULT = 150;
/** Taking an interrupt and masking its line, besides its IPC. */
export const COST_INTERRUPT = 200;
/** A call that reads or sets a few words: ThreadSwitch, Schedule, SystemClock, ExchangeRegisters. */
export const COST_SYSCALL = 100;
/** Creating, moving or deleting a thread; setting up a space. */
export const COST_CONTROL = 1000;
/** Writing a request or a failure into a restart page. */
export const COST_RECORD = 60;
/** One step of a resident program, besides what it charges itself. */
export const COST_RESIDENT_STEP = 200;
/** Exchanging the float registers of two threads. */
export const COST_FLOATS = 150;
/** A debugger trap. */
export const COST_DEBUGGER = 50;
