/**
 * Standard parallel port (SPP): data, status, control.
 *
 * Here: ports, offsets and bits, as the register shows them. Not here: the levels at the connector,
 * some of which are inverted (`chip.ts`).
 * SMSC FDC37C665 data sheet, "Parallel port"; IEEE Std 1284-1994, annex on the PC's parallel port.
 * @module
 */
/** First port of LPT1, and its interrupt. */
export const LPT_PORT = 0x378;
export const LPT_PORT_COUNT = 3;
export const LPT_IRQ = 7;

/** Offsets from the first port. */
export const LPT_DATA = 0;
export const LPT_STATUS = 1;
export const LPT_CONTROL = 2;

/** Status: 1 = no error (pin nFAULT is high). */
export const LPT_STATUS_NERROR = 0x08;
/** Status: 1 = the printer is selected (pin SELECT is high). */
export const LPT_STATUS_SLCT = 0x10;
/** Status: 1 = out of paper (pin PERROR is high). */
export const LPT_STATUS_PE = 0x20;
/** Status: 0 = the printer acknowledges a byte (pin nACK is low). */
export const LPT_STATUS_NACK = 0x40;
/** Status, inverted: 1 = ready for a byte (pin BUSY is low). */
export const LPT_STATUS_NBUSY = 0x80;

/** Control, inverted: 1 asserts STROBE (pin nSTROBE is low), whose edge tells the printer to take the byte. */
export const LPT_CONTROL_STROBE = 0x01;
/** Control, inverted: 1 asks for a line feed after each line (pin nAUTOFD is low). */
export const LPT_CONTROL_AUTOFD = 0x02;
/** Control: 0 initialises the printer (pin nINIT is low). */
export const LPT_CONTROL_NINIT = 0x04;
/** Control, inverted: 1 selects the printer (pin nSELECTIN is low). */
export const LPT_CONTROL_SLCT_IN = 0x08;
/** Control: 1 lets the trailing edge of an acknowledge pulse ask for an interrupt. */
export const LPT_CONTROL_IRQ_ENABLE = 0x10;
/** Control: direction of the data pins; kept, and without effect in an SPP. */
export const LPT_CONTROL_DIRECTION = 0x20;
