/*
 * What the test programs keeper and keeper-client say to each other.
 *
 * Here: labels. Not here: sessions (arc-framework/guest/session.h).
 */
#pragma once
#include "start.h"

namespace keeper {

/** Word: remembered in every kind of memory that the server has. */
constexpr L4_Word_t REMEMBER = 0x720;
/** → heap, data, persistent memory, shared page of the asker's session, sessions, lives, stack. */
constexpr L4_Word_t TELL = 0x721;
/** Microseconds: the server waits so long and fails, once; what comes behind it is queued. Answered as TELL. */
constexpr L4_Word_t FAIL = 0x722;

/** Words of an answer to TELL. */
constexpr L4_Word_t ANSWER_WORDS = 7;

}  // namespace keeper
