/*
 * The registers of a PATA drive, and the protocols of PIO commands.
 */
#include "drive.h"

namespace drive {

namespace {

/** Microseconds that are waited for an interrupt, and how often before a drive counts as dead: 30 s, as for a spin-up. */
constexpr L4_Word_t PATIENCE = 10'000;
constexpr int TRIES = 3'000;
/** Of a software reset: how long it is held, and how long the drive is left alone afterwards. */
constexpr L4_Word_t RESET_HOLD = 5;
constexpr L4_Word_t RESET_REST = 2'000;
constexpr L4_Word_t WORDS = SECTOR_SIZE / 2;
/** Sectors of one command; its register has 8 bits. */
constexpr L4_Word_t MOST = 128;
constexpr L4_ThreadId_t INTERRUPT = L4_GlobalId(pc::ATA_PRIMARY_IRQ, 1);

unsigned char In(unsigned int offset) { return io::In8(static_cast<unsigned short>(pc::ATA_PRIMARY_PORT + offset)); }
void Out(unsigned int offset, L4_Word_t value) {
  io::Out8(static_cast<unsigned short>(pc::ATA_PRIMARY_PORT + offset), static_cast<unsigned char>(value));
}
void Control(L4_Word_t value) { io::Out8(pc::ATA_PRIMARY_CONTROL_PORT, static_cast<unsigned char>(value)); }

/** Waits for the drive's interrupt, not for ever, and lets the next one come. */
void AwaitInterrupt() {
  const L4_Word_t timeouts = L4_Timeouts(x2::TIME_ZERO, L4_TimePeriod(PATIENCE));
  if (L4_Ipc(L4_nilthread, INTERRUPT, timeouts, nullptr).Failed()) return;
  In(pc::ATA_STATUS);  // takes the interrupt back
  L4_LoadMR(0, 0);
  L4_Reply(INTERRUPT);
}

/** The status when the drive is no longer busy; BSY when it stays so. */
L4_Word_t Await() {
  for (int n = 0; n < TRIES; n++) {
    const L4_Word_t status = io::In8(pc::ATA_PRIMARY_CONTROL_PORT);  // the alternate one, which takes nothing back
    if (!(status & pc::ATA_STATUS_BSY)) return In(pc::ATA_STATUS);
    AwaitInterrupt();
  }
  return pc::ATA_STATUS_BSY;
}

/** What the registers say of a command that has failed. */
DiskError Error(L4_Word_t status) {
  if (status & pc::ATA_STATUS_BSY) return {pc::ATA_ERROR_ABRT, 0};
  const L4_Word_t sector = In(pc::ATA_LBA_LOW) | static_cast<L4_Word_t>(In(pc::ATA_LBA_MID)) << 8 |
                           static_cast<L4_Word_t>(In(pc::ATA_LBA_HIGH)) << 16 |
                           static_cast<L4_Word_t>(In(pc::ATA_DEVICE) & 15) << 24;
  const L4_Word_t error = In(pc::ATA_ERROR);
  return {error ? error : pc::ATA_ERROR_ABRT, sector};
}

void Command(L4_Word_t code, L4_Word_t sector = 0, L4_Word_t count = 0) {
  Out(pc::ATA_DEVICE, pc::ATA_DEVICE_LBA | sector >> 24);
  Out(pc::ATA_COUNT, count);
  Out(pc::ATA_LBA_LOW, sector);
  Out(pc::ATA_LBA_MID, sector >> 8);
  Out(pc::ATA_LBA_HIGH, sector >> 16);
  Out(pc::ATA_COMMAND, code);
}

/** The drive is ready for data, or `error` says why not. */
bool WantsData(DiskError& error) {
  const L4_Word_t status = Await();
  if (status & pc::ATA_STATUS_DRQ) return true;
  error = Error(status);
  return false;
}

/** The end of a command that leaves no data. */
DiskError Finish() {
  const L4_Word_t status = Await();
  return status & (pc::ATA_STATUS_BSY | pc::ATA_STATUS_ERR) ? Error(status) : DiskError{};
}

}  // namespace

bool Reset() {
  Control(pc::ATA_CONTROL_SRST);
  L4_Sleep(RESET_HOLD);
  Control(0);
  L4_Sleep(RESET_REST);
  Out(pc::ATA_DEVICE, 0);
  L4_LoadMR(0, 0);
  L4_Reply(INTERRUPT);  // an earlier life may have received an interrupt and not got round to answering it
  const L4_Word_t status = Await();
  return !(status & pc::ATA_STATUS_BSY) && status & pc::ATA_STATUS_DRDY;
}

L4_Word_t Identify() {
  unsigned short words[WORDS];
  DiskError error;
  Command(pc::ATA_IDENTIFY);
  if (!WantsData(error)) return 0;
  io::In16s(pc::ATA_PRIMARY_PORT, words, WORDS);
  return words[60] | static_cast<L4_Word_t>(words[61]) << 16;
}

DiskError Read(L4_Word_t sector, L4_Word_t count, char* to) {
  DiskError error;
  for (L4_Word_t done = 0; done < count; done++, to += SECTOR_SIZE) {
    if (done % MOST == 0) Command(pc::ATA_READ_SECTORS, sector + done, count - done < MOST ? count - done : MOST);
    if (!WantsData(error)) return error;
    io::In16s(pc::ATA_PRIMARY_PORT, to, WORDS);
  }
  return {};
}

DiskError Write(L4_Word_t sector, L4_Word_t count, const char* from) {
  DiskError error;
  for (L4_Word_t done = 0; done < count; done++, from += SECTOR_SIZE) {
    if (done % MOST == 0) {
      if (done > 0 && (error = Finish()).error) return error;
      Command(pc::ATA_WRITE_SECTORS, sector + done, count - done < MOST ? count - done : MOST);
    }
    if (!WantsData(error)) return error;
    io::Out16s(pc::ATA_PRIMARY_PORT, from, WORDS);
  }
  return Finish();
}

DiskError Flush() {
  Command(pc::ATA_FLUSH);
  return Finish();
}

}  // namespace drive
