/*
 * A PATA drive: the first one of the primary channel, by PIO.
 *
 * Here: reset, IDENTIFY, sectors, FLUSH CACHE; waiting for the drive by interrupt. Not here: clients (-> pata.cpp).
 * Whatever was broken off, Reset brings the drive back to where it takes a command: what is in its cache stays there.
 * An interrupt is a hint to look at the status, nothing more: one that a crash has eaten costs 10 ms, and one too many costs
 * a look. ATA/ATAPI-6 (T13 1410D), sections 8 and 9.
 */
#pragma once
#include "disk_server.h"
#include "io.h"

namespace drive {

/** Ends whatever the drive was doing, and lets its interrupt come again. False: there is none, or it stays busy. */
bool Reset();
/** Sectors of the drive; 0 when it does not say. */
L4_Word_t Identify();
DiskError Read(L4_Word_t sector, L4_Word_t count, char* to);
DiskError Write(L4_Word_t sector, L4_Word_t count, const char* from);
/** Returns when everything written is on the medium. */
DiskError Flush();

}  // namespace drive
