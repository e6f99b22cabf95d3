/*
 * Commands about processes: ps, run, ram:, kill.
 *
 * Here: what they print. Not here: how processes are made (ART).
 */
#include "source.h"

namespace msh {

namespace {

constexpr const char* STATE_NAME[] = {"?", "dead", "inactive", "running", "pending", "sending", "waiting", "receiving"};

const char* StateName(L4_Word_t state) {
  return state < sizeof STATE_NAME / sizeof *STATE_NAME ? STATE_NAME[state] : "?";
}

void ReportEnding(const char* program, const process::Ending& ending) {
  if (ending.kind == x2::FAILURE_NONE) {
    if (ending.status != 0) terminal::Print("%s: exit status %u\n", program, ending.status);
    return;
  }
  terminal::Print("%s: ", program);
  PrintFailure(ending.kind, ending.detail, ending.address);
  terminal::Print("\n");
}

/** Whether it is a server, which nobody waits for. */
bool IsServer(L4_Word_t pid) {
  process::Info info;
  for (L4_Word_t index = 0; process::ProcessInfo(index, info) == arc::STATUS_OK; index++)
    if (info.pid == pid) return info.flags & arc::PROCESS_FLAG_SERVER;
  return false;
}

/** Starts a command line and waits for its end, unless it is a server's. NOT_FOUND: there is no such program, and nothing is printed. */
status_t Run(const char* commandLine, const char* program) {
  L4_Word_t pid;
  process::Text problem;
  const status_t started = process::Execute(commandLine, pid, problem);
  if (started == arc::STATUS_BAD_PROGRAM) {
    terminal::Print("run: %s: %s\n", program, problem.bytes);
    return arc::STATUS_OK;
  }
  if (started == arc::STATUS_NOT_FOUND) return started;
  if (started == arc::STATUS_OK && IsServer(pid)) return started;
  process::Ending ending;
  const status_t status = started == arc::STATUS_OK ? process::Wait(pid, ending) : started;
  if (status == arc::STATUS_OK) ReportEnding(program, ending);
  else PrintStatus("run", program, status);
  return arc::STATUS_OK;
}

}  // namespace

void ListProcesses(const Words&) {
  terminal::Print("PID NAME             STATE     PAGER    RESTARTS MEMORY\n");
  process::Info info;
  for (L4_Word_t index = 0; process::ProcessInfo(index, info) == arc::STATUS_OK; index++) {
    terminal::Print("%3u %-16s %-9s %08x %8u %3u KiB%s\n", info.pid, info.name.bytes, StateName(info.state),
                    info.pager.raw, info.restarts, info.pages * 4,
                    info.flags & arc::PROCESS_FLAG_SERVER ? " server" : "");
  }
}

void RunProgram(const Words& words) {
  if (words.count < 2) {
    terminal::Print("run: which program? usage: run PROGRAM [ARGS]; ls lists the files\n");
    return;
  }
  const char* program = words.word[1];
  status_t status = Run(words.rest, program);
  if (status == arc::STATUS_NOT_FOUND) {
    constexpr size_t SERVER = sizeof PROGRAMS_SERVER - 1, PATH = sizeof PROGRAMS_PATH - 1;
    char line[SERVER + 1 + PATH + LINE_SIZE];
    memcpy(line, PROGRAMS_SERVER, SERVER);
    line[SERVER] = ':';
    memcpy(line + SERVER + 1, PROGRAMS_PATH, PATH);
    memcpy(line + SERVER + 1 + PATH, words.rest, strlen(words.rest) + 1);
    status = Run(line, program);
  }
  if (status != arc::STATUS_OK) PrintStatus("run", program, status);
}

void RunAt(const char* line) {
  const Name name = Parse(line);
  const status_t status = Run(name.OnDisk() ? line : name.path, line);
  if (status != arc::STATUS_OK) PrintStatus("run", line, status);
}

void KillProcess(const Words& words) {
  L4_Word_t pid;
  if (words.count != 2 || !ParseNumber(words.word[1], pid)) {
    terminal::Print("kill: which process? usage: kill PID; ps lists them\n");
    return;
  }
  const status_t status = process::Kill(pid);
  if (status != arc::STATUS_OK) PrintStatus("kill", words.word[1], status);
}

}  // namespace msh
