/*
 * The 8042 keyboard controller, and the keyboard behind it.
 *
 * Here: its registers: setting up, whether a byte waits, sending to the keyboard. Not here: what bytes mean (-> decoder.h).
 * Codes come as set 2, untranslated: an answer of the keyboard may lie between two bytes of a key, and only there is told from them.
 * IBM PS/2 Hardware Interface Technical Reference (1988), "Keyboard and Auxiliary Device Controller".
 */
#pragma once
#include "io.h"

namespace controller {

/** Keyboard on, its interrupt on, no translation, no mouse. May be broken off anywhere and called again; loses nothing. */
void Initialize();
/** Whether a byte of the keyboard waits; what is of a mouse is thrown away. */
bool HasByte();
/** A byte for the keyboard. */
void Send(unsigned char byte);

}  // namespace controller
