/*
 * msh: Arc's MicroShell on the terminal.
 *
 * Here: banner, prompt, the table of commands. Not here: the commands (-> tasks, files, changes, recovery .cpp).
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
    {"ls", "ls [ext2:/DIR]", "files in RAM: size, name; or a directory's records", ListFiles},
    {"cat", "cat FILE", "shows a file; FILE is a name in RAM, or ext2:/PATH", ShowFile},
    {"wc", "wc FILE", "counts lines, words and bytes", CountFile},
    {"sha256", "sha256 FILE", "a file's checksum", SumFile},
    {"cp", "cp FILE ext2:/NEW", "copies a file to a disk", CopyFile},
    {"mv", "mv ext2:/OLD ext2:/NEW", "renames", MoveFile},
    {"rm", "rm ext2:/FILE", "removes a file", RemoveFile},
    {"mkdir", "mkdir ext2:/DIR", "makes a directory", MakeDirectory},
    {"rmdir", "rmdir ext2:/DIR", "removes an empty directory", RemoveDirectory},
    {"run", "run PROGRAM [ARGS]", "runs a program in RAM or in ext2:/bin, waits for its end", RunProgram},
    {"ram:", "ram:SERVER [ARGS]", "starts a server or program from RAM; ext2:/PATH does so from a disk", nullptr},
    {"kill", "kill PID", "removes a program; a server is restarted", KillProcess},
    {"print", "print FILE", "sends a file to the printer", PrintFile},
    {"crash", "crash SERVER KIND", "page-fault, divide, undefined, panic, hang or text-write", CrashServer},
    {"timeline", "timeline [COUNT]", "the last recoveries, step by step", ShowTimeline},
    {"poweroff", "poweroff [CODE]", "switches the machine off", PowerOff},
};

void Help(const Words&) {
  for (const Command& command : COMMANDS) terminal::Print("%-22s %s\n", command.usage, command.summary);
}

void Execute(const Words& words) {
  for (const Command& command : COMMANDS)
    if (command.run && strcmp(words.word[0], command.name) == 0) return command.run(words);
  for (const char* at = words.word[0]; *at; at++)
    if (*at == ':') return RunAt(words.all);
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
