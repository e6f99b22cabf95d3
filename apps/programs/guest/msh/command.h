/*
 * The commands of the shell.
 *
 * Here: the shape of a command and the words it is given. Not here: the commands (-> tasks, files, changes, recovery .cpp).
 */
#pragma once
#include "terminal.h"

namespace msh {

constexpr int WORD_LIMIT = 16;
constexpr size_t LINE_SIZE = 200;

/** A line cut into words. `all` is the line as it was typed, `rest` the same from the second word on. */
struct Words {
  int count;
  const char* word[WORD_LIMIT];
  const char* all;
  const char* rest;
};

/** Cuts `line` in place, at blanks. `rest` is kept in `copy`, LINE_SIZE bytes. */
Words Split(char* line, char* copy);
/** A decimal number, or hexadecimal after 0x; false for anything else or beyond 32 bits. */
bool ParseNumber(const char* text, L4_Word_t& number);

/** Reads a line with echo and editing. False at Ctrl-D on an empty line; a line ended by Ctrl-C is empty. */
bool ReadLine(char line[LINE_SIZE]);

/** "page fault at 0x00000010", "divide error", ...: what a failure's kind, detail and address say. */
void PrintFailure(L4_Word_t kind, L4_Word_t detail, L4_Word_t address);
/** One line: who could not do what, and why. */
void PrintStatus(const char* who, const char* what, status_t status);

void ListProcesses(const Words& words);
void RunProgram(const Words& words);
/** A line that begins with a program's place, as `ram:pata 0` does. A server is not waited for. `line` is all of it. */
void RunAt(const char* line);
void KillProcess(const Words& words);
void ListFiles(const Words& words);
void ShowFile(const Words& words);
void CountFile(const Words& words);
void SumFile(const Words& words);
void PrintFile(const Words& words);
void CopyFile(const Words& words);
void MoveFile(const Words& words);
void RemoveFile(const Words& words);
void MakeDirectory(const Words& words);
void RemoveDirectory(const Words& words);
void CrashServer(const Words& words);
void ShowTimeline(const Words& words);
void PowerOff(const Words& words);

}  // namespace msh
