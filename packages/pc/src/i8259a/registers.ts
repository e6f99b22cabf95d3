/**
 * 8259A pair: ports and the bits of the command words.
 *
 * Here: ICW1-4, OCW1-3, ELCR. Not here: what they do (`pic.ts`).
 * Intel 8259A data sheet (231468-003); Intel 82371SB (PIIX3), "Edge/Level Control Registers".
 * @module
 */
export const PIC_MASTER_COMMAND_PORT = 0x20;
export const PIC_MASTER_DATA_PORT = 0x21;
export const PIC_SLAVE_COMMAND_PORT = 0xa0;
export const PIC_SLAVE_DATA_PORT = 0xa1;
export const PIC_MASTER_ELCR_PORT = 0x4d0;
export const PIC_SLAVE_ELCR_PORT = 0x4d1;

/** Offsets in the pair: two ports each of master, slave and edge/level control. */
export const PIC_MASTER_COMMAND = 0;
export const PIC_MASTER_DATA = 1;
export const PIC_SLAVE_COMMAND = 2;
export const PIC_SLAVE_DATA = 3;
export const PIC_MASTER_ELCR = 4;
export const PIC_SLAVE_ELCR = 5;

/** The master's input to which the slave's INT is wired. */
export const PIC_CASCADE_IRQ = 2;

/** ICW1: ICW4 will follow. */
export const PIC_ICW1_IC4 = 0x01;
/** ICW1: single, so that no ICW3 will follow. */
export const PIC_ICW1_SNGL = 0x02;
/** ICW1: level-triggered inputs. */
export const PIC_ICW1_LTIM = 0x08;
/** ICW1: this bit makes a command ICW1. */
export const PIC_ICW1_INIT = 0x10;
/** ICW2: the bits of the vector that are programmed in 8086 mode (T7..T3). */
export const PIC_ICW2_VECTOR = 0xf8;
/** ICW4: 8086 mode. */
export const PIC_ICW4_UPM = 0x01;
/** ICW4: automatic end of interrupt. */
export const PIC_ICW4_AEOI = 0x02;
/** ICW4: special fully nested mode. */
export const PIC_ICW4_SFNM = 0x10;

/** OCW2: the level that L2..L0 name. */
export const PIC_OCW2_LEVEL = 0x07;
/** OCW2: end of interrupt. */
export const PIC_OCW2_EOI = 0x20;
/** OCW2: specific, the level given is meant. */
export const PIC_OCW2_SL = 0x40;
/** OCW2: rotate. */
export const PIC_OCW2_R = 0x80;

/** OCW3: with RR, read the ISR instead of the IRR. */
export const PIC_OCW3_RIS = 0x01;
/** OCW3: read register command. */
export const PIC_OCW3_RR = 0x02;
/** OCW3: poll command. */
export const PIC_OCW3_P = 0x04;
/** OCW3: this bit, without ICW1's, makes a command OCW3. */
export const PIC_OCW3_SELECT = 0x08;
/** OCW3: with ESMM, special mask mode on. */
export const PIC_OCW3_SMM = 0x20;
/** OCW3: enable special mask mode to be changed. */
export const PIC_OCW3_ESMM = 0x40;
/** Poll byte: an interrupt was waiting; the low three bits are its level. */
export const PIC_POLL_INTERRUPT = 0x80;

/** ELCR: inputs that can be level-triggered (IRQ 0, 1, 2, 8 and 13 cannot). */
export const PIC_MASTER_ELCR_MASK = 0xf8;
export const PIC_SLAVE_ELCR_MASK = 0xde;
