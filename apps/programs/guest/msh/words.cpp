/*
 * Lines into words, words into numbers, statuses into sentences.
 *
 * Here: what the commands share.
 */
#include "command.h"

namespace msh {

namespace {

constexpr const char* STATUS_TEXT[] = {
    "done",    "it was refused as malformed", "there is none of that name or number", "there is not enough memory",
    "refused", "it is not a program",         "busy",                                 "it failed",
};

const char* ExceptionName(L4_Word_t vector) {
  switch (vector) {
    case 0:
      return "divide error";
    case 3:
      return "breakpoint";
    case 4:
      return "overflow";
    case 5:
      return "bound exceeded";
    case 6:
      return "undefined instruction";
    case 13:
      return "general protection fault";
    default:
      return "exception";
  }
}

int DigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return 99;
}

}  // namespace

Words Split(char* line, char* copy) {
  Words words{};
  while (*line == ' ') line++;
  const size_t length = strlen(line);
  memcpy(copy, line, length + 1);
  for (char* end = copy + length; end > copy && end[-1] == ' ';) *--end = 0;
  words.all = copy;
  words.rest = copy + strlen(copy);
  for (char* at = line; words.count < WORD_LIMIT;) {
    while (*at == ' ') at++;
    if (!*at) break;
    if (words.count == 1) words.rest = copy + (at - line);
    words.word[words.count++] = at;
    while (*at && *at != ' ') at++;
    if (*at) *at++ = 0;
  }
  return words;
}

bool ParseNumber(const char* text, L4_Word_t& number) {
  const bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  const unsigned int base = hexadecimal ? 16 : 10;
  if (hexadecimal) text += 2;
  if (!*text) return false;
  unsigned long long value = 0;
  for (; *text; text++) {
    const int digit = DigitValue(*text);
    if (digit >= static_cast<int>(base)) return false;
    value = value * base + static_cast<unsigned int>(digit);
    if (value > 0xffffffff) return false;
  }
  number = static_cast<L4_Word_t>(value);
  return true;
}

void PrintFailure(L4_Word_t kind, L4_Word_t detail, L4_Word_t address) {
  switch (kind) {
    case x2::FAILURE_PAGE_FAULT:
      terminal::Print("page fault at 0x%08x (%s)", address, detail & x2::FPAGE_W ? "write" : "read");
      break;
    case x2::FAILURE_DEADLOCK:
      terminal::Print("deadlock (pid %u)", detail);
      break;
    case x2::FAILURE_STARVATION:
      terminal::Print("starved others for %u ms", detail);
      break;
    case x2::FAILURE_CORRUPTION:
      terminal::Print("damaged memory");
      break;
    case x2::FAILURE_PROTOCOL:
      terminal::Print("broken protocol (label 0x%x)", detail);
      break;
    case x2::FAILURE_CHECK:
      terminal::Print("compiler's check %u", detail);
      break;
    case x2::FAILURE_AGING:
      terminal::Print("renewed before it failed");
      break;
    case x2::FAILURE_EXCEPTION:
      terminal::Print("%s (exception %u)", ExceptionName(detail), detail);
      break;
    case x2::FAILURE_HANG:
      terminal::Print("hang");
      break;
    case x2::FAILURE_PANIC:
      terminal::Print("panic");
      break;
    case x2::FAILURE_KILLED:
      terminal::Print("killed");
      break;
    case x2::FAILURE_GROUP:
      terminal::Print("its server (pid %u) started cold", detail);
      break;
    default:
      terminal::Print("failure %u", kind);
  }
}

void PrintStatus(const char* who, const char* what, status_t status) {
  const bool known = status < sizeof STATUS_TEXT / sizeof *STATUS_TEXT;
  terminal::Print("%s: %s: %s\n", who, what, known ? STATUS_TEXT[status] : "unknown status");
}

}  // namespace msh
