/*
 * The 16550 as a stream of bytes in each direction, none lost or repeated by a crash of the driver.
 *
 * Here: what is kept in persistent memory, and the two register accesses that are exact because one instruction both
 * acts and leaves its mark (packages/drivers/README.md argues it). Not here: clients (-> serial.cpp).
 * National Semiconductor PC16550D data sheet.
 */
#pragma once
#include "input.h"

namespace device {

/** Programs the line: 115200 bits/s, 8N1, FIFOs, receive interrupt. Loses nothing that waits in the chip. */
void Initialize();
/** Finds out whether the access that a crash interrupted has happened. Does nothing when there was none. */
void Settle();

/** Sends the bytes of one request; what an earlier life has sent of it is not sent again. */
void Send(L4_Word_t sequence, const volatile unsigned char* bytes, L4_Word_t count);

/** Moves what has been received from the chip to memory. */
void Drain();
/** What has been received. */
extern Input input;

}  // namespace device
