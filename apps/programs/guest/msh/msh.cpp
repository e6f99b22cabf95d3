/*
 * msh: Arc's MicroShell on the serial terminal.
 *
 * Here: banner, prompt, the table of commands. Not here: the commands (-> tasks, files, recovery .cpp).
 */
#include "command.h"

namespace msh {

namespace {

struct Command {
  const char* name;
  const char* usage;
  const char* summary;
  void (*run)(const Words& words);
};

void Help(const Words&);

constexpr Command COMMANDS[] = {
    {"help", "help", "this list", Help},
    {"ps", "ps", "processes: id, name, state, pager, restarts, memory", ListProcesses},
    {"ls", "ls", "files: size, name", ListFiles},
    {"run", "run PROGRAM [ARGS]", "runs a program and waits for its end", RunProgram},
    {"kill", "kill PID", "removes a program; a server is restarted", KillProcess},
    {"print", "print FILE", "sends a file to the printer", PrintFile},
    {"crash", "crash SERVER KIND", "page-fault, divide, undefined, panic, hang or text-write", CrashServer},
    {"timeline", "timeline [COUNT]", "the last recoveries, step by step", ShowTimeline},
    {"poweroff", "poweroff [CODE]", "switches the machine off", PowerOff},
};

void Help(const Words&) {
  for (const Command& command : COMMANDS) terminal::Print("%-20s %s\n", command.usage, command.summary);
}

void Execute(const Words& words) {
  for (const Command& command : COMMANDS)
    if (strcmp(words.word[0], command.name) == 0) return command.run(words);
  terminal::Print("msh: no command '%s'; help lists them\n", words.word[0]);
}

void PrintBanner() {
  L4_Word_t resets = 0;
  process::Text reason;
  if (process::BootInfo(resets, reason) == arc::STATUS_OK && resets > 0)
    terminal::Print("The machine was reset: %s\n", reason.bytes);
  terminal::Print("Arc operating system, version 0.1\nWelcome to Arc Micro Shell. Enjoy!\n");
}

}  // namespace

}  // namespace msh

extern "C" int arc_main(int, char**) {
  msh::PrintBanner();
  for (;;) {
    char line[msh::LINE_SIZE], copy[msh::LINE_SIZE];
    terminal::Print("msh%% ");
    if (!msh::ReadLine(line)) msh::PowerOff({});
    const msh::Words words = msh::Split(line, copy);
    if (words.count > 0) msh::Execute(words);
  }
}
