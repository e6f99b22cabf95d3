/*
 * The terminal: text out of and into the serial server or, in a machine without one, screen and keyboard.
 *
 * Here: printing (format.h's conversions; "\n" becomes "\r\n") and reading bytes. Not here: line editing (msh).
 * The servers are looked up at the first use, and waited for when they are not there yet.
 */
#pragma once
#include "process.h"

namespace terminal {

/** Prints; returns when the server has taken all of it. */
[[gnu::format(printf, 1, 2)]] status_t Print(const char* format, ...);
/** Prints bytes; a line feed becomes "\r\n". */
status_t PrintText(const char* bytes, L4_Word_t count);
/** Writes bytes as they are. */
status_t Write(const char* bytes, L4_Word_t count);
/** Waits for input: 1 to arc::DRIVER_BYTES_PER_MESSAGE bytes. */
status_t Read(char* bytes, L4_Word_t& count);

}  // namespace terminal
