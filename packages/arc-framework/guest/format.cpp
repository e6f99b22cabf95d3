/*
 * Formatted text, without buffers: a number's digits are made on the stack.
 *
 * Here: the conversions that format.h lists.
 */
#include "format.h"

namespace {

struct Field {
  int width = 0;
  bool left = false;
  char fill = ' ';
};

void Pad(Sink& sink, char fill, int count) {
  for (; count > 0; count--) sink.Put(fill);
}

void PutField(Sink& sink, const Field& field, const char* text, int length) {
  if (!field.left) Pad(sink, field.fill, field.width - length);
  for (int n = 0; n < length; n++) sink.Put(text[n]);
  if (field.left) Pad(sink, ' ', field.width - length);
}

void PutNumber(Sink& sink, Field field, unsigned int value, unsigned int base, bool negative) {
  char digits[11];
  int at = sizeof digits;
  do digits[--at] = "0123456789abcdef"[value % base];
  while (value /= base);
  if (negative && field.fill == '0') {
    sink.Put('-');
    field.width--;
  } else if (negative) {
    digits[--at] = '-';
  }
  PutField(sink, field, digits + at, static_cast<int>(sizeof digits) - at);
}

}  // namespace

void Format(Sink& sink, const char* format, __builtin_va_list arguments) {
  for (; *format; format++) {
    if (*format != '%') {
      sink.Put(*format);
      continue;
    }
    Field field;
    for (format++; *format == '-' || *format == '0'; format++) {
      if (*format == '-') field.left = true;
      if (*format == '0') field.fill = '0';
    }
    if (*format == '*') field.width = __builtin_va_arg(arguments, int), format++;
    for (; *format >= '0' && *format <= '9'; format++) field.width = field.width * 10 + (*format - '0');
    switch (*format) {
      case 's': {
        const char* text = __builtin_va_arg(arguments, const char*);
        PutField(sink, field, text, static_cast<int>(strlen(text)));
        break;
      }
      case 'c': {
        const char byte = static_cast<char>(__builtin_va_arg(arguments, int));
        PutField(sink, field, &byte, 1);
        break;
      }
      case 'd': {
        const int value = __builtin_va_arg(arguments, int);
        PutNumber(sink, field, value < 0 ? 0u - static_cast<unsigned int>(value) : static_cast<unsigned int>(value), 10,
                  value < 0);
        break;
      }
      case 'u':
        PutNumber(sink, field, __builtin_va_arg(arguments, unsigned int), 10, false);
        break;
      case 'x':
        PutNumber(sink, field, __builtin_va_arg(arguments, unsigned int), 16, false);
        break;
      case 0:
        return;
      default:
        sink.Put(*format);
    }
  }
}
