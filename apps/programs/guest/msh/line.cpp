/*
 * Line input: echo, backspace, Ctrl-C, Ctrl-D.
 *
 * Here: one line out of a stream of bytes; what was typed ahead waits for the next call.
 * Not here: where bytes come from (terminal.h).
 */
#include "command.h"

namespace msh {

namespace {

constexpr char CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DELETE = 127;

/** Bytes read and not yet used. */
char input[arc::DRIVER_BYTES_PER_MESSAGE];
L4_Word_t inputCount = 0, inputAt = 0;
/** A carriage return was the last byte: a line feed right after it belongs to it. */
bool afterReturn = false;

/** What is shown of the bytes of one message, sent at once. */
char echo[3 * arc::DRIVER_BYTES_PER_MESSAGE];
L4_Word_t echoCount = 0;

void Echo(const char* text, L4_Word_t count) {
  memcpy(echo + echoCount, text, count);
  echoCount += count;
}

void FlushEcho() {
  terminal::Write(echo, echoCount);
  echoCount = 0;
}

char NextByte() {
  if (inputAt == inputCount) {
    FlushEcho();
    inputAt = inputCount = 0;
    while (terminal::Read(input, inputCount) != arc::STATUS_OK) {  // somebody else reads: try again later
      inputCount = 0;
      L4_Sleep(100'000);
    }
  }
  return input[inputAt++];
}

}  // namespace

bool ReadLine(char line[LINE_SIZE]) {
  size_t length = 0;
  bool more = true, ended = false;
  while (!ended) {
    const char byte = NextByte();
    const bool pairedLineFeed = byte == '\n' && afterReturn;
    afterReturn = byte == '\r';
    if (pairedLineFeed) continue;
    if (byte == '\r' || byte == '\n') {
      Echo("\r\n", 2);
      ended = true;
    } else if (byte == CTRL_C) {
      Echo("^C\r\n", 4);
      length = 0;
      ended = true;
    } else if (byte == CTRL_D) {
      more = length > 0;
      ended = !more;
    } else if (byte == BACKSPACE || byte == DELETE) {
      if (length == 0) continue;
      length--;
      Echo("\b \b", 3);
    } else if (byte >= ' ' && length < LINE_SIZE - 1) {
      line[length++] = byte;
      Echo(&byte, 1);
    }
  }
  FlushEcho();
  line[length] = 0;
  return more;
}

}  // namespace msh
