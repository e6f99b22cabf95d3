/**
 * Error codes: what the ErrorCode TCR says after a call.
 *
 * Here: the codes of system calls and those of IPC, whose word also has the phase and an offset.
 * Not here: who returns which (→ syscall/, ipc/). Reference: X.2, ErrorCode of each system call.
 *
 *     after an IPC  31 bytes transferred 4|3 code 1|0 phase (0 send, 1 receive)
 * @module
 */
export const ERROR_OK = 0;
export const ERROR_NO_PRIVILEGE = 1;
export const ERROR_INVALID_THREAD = 2;
export const ERROR_INVALID_SPACE = 3;
export const ERROR_INVALID_SCHEDULER = 4;
export const ERROR_INVALID_PARAMETER = 5;
export const ERROR_UTCB_AREA = 6;
export const ERROR_KIP_AREA = 7;
export const ERROR_OUT_OF_MEMORY = 8;

export const IPC_TIMEOUT = 1;
export const IPC_NON_EXISTING = 2;
export const IPC_CANCELLED = 3;
export const IPC_MESSAGE_OVERFLOW = 4;
export const IPC_XFER_TIMEOUT_CURRENT = 5;
export const IPC_XFER_TIMEOUT_PARTNER = 6;
export const IPC_ABORTED = 7;

export const SEND_PHASE = 0;
export const RECEIVE_PHASE = 1;

/** The ErrorCode word of a failed IPC. */
export function ipcError(code: number, phase: number, offset: number = 0): number {
  return (offset << 4) | (code << 1) | phase;
}
