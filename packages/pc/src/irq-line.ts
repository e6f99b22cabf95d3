/**
 * IrqLine: the wire on which a chip asks for an interrupt.
 *
 * Here: the interface, owned by the chips. Not here: who listens (`i8259a/`, or a test).
 * A line has a level; whoever listens makes edges of it. Chips set it when it changes and never in a
 * constructor: a chip rebuilt from its state finds the level where it left it, in the listener's state.
 * @module
 */

/** One wire with one driver; its level belongs to the listener's state. */
export interface IrqLine {
  /** Drives the line high (asserted) or low. Setting the level that it has changes nothing. */
  set(level: boolean): void;
}
