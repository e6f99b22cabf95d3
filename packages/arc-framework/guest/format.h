/*
 * Formatted text: %s %d %u %x %c %% with `-`, `0` and a width (a number, or * for an argument).
 *
 * Here: formatting into a sink. Not here: where text goes (-> terminal.h).
 */
#pragma once
#include "memory.h"

/** Takes formatted bytes. */
class Sink {
 public:
  virtual void Put(char byte) = 0;
};

void Format(Sink& sink, const char* format, __builtin_va_list arguments);
