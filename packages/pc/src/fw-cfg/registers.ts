/**
 * Firmware configuration of emulators: a key is selected at one port, its bytes are read at the next.
 *
 * Here: ports, offsets, keys. Not here: what they give (`chip.ts`). QEMU, docs/specs/fw_cfg.
 * @module
 */
export const FW_CFG_PORT = 0x510;
export const FW_CFG_PORT_COUNT = 2;

/** Offsets in the chip. */
export const FW_CFG_SELECTOR = 0;
export const FW_CFG_DATA = 1;

/** Keys. */
export const FW_CFG_SIGNATURE = 0x00;
export const FW_CFG_ID = 0x01;
export const FW_CFG_RAM_SIZE = 0x03;
export const FW_CFG_NB_CPUS = 0x05;
export const FW_CFG_MAX_CPUS = 0x0f;
