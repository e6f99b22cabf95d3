/*
 * waveplay FILE: plays a WAV file.
 *
 * Here: the file's header (PCM, 8 or 16 bits, one or two channels), its bytes in blocks. Not here: the card (-> sound/client.h).
 * A driver that fails meanwhile is not noticed: a request takes longer, the card plays on.
 */
#include "sound/client.h"
#include "terminal.h"

namespace {

struct Wave {
  process::File file;
  L4_Word_t rate, mode, begin, end;
};

/** Reads exactly `count` bytes at `offset`; what lies behind the file's end is left alone. */
status_t ReadBytes(const process::File& file, L4_Word_t offset, char* to, L4_Word_t count) {
  char part[arc::ART_BYTES_PER_READ];
  while (count > 0) {
    L4_Word_t got;
    const status_t status = process::FileRead(file.index, offset, part, got);
    if (status != arc::STATUS_OK || got == 0) return status;
    if (got > count) got = count;
    memcpy(to, part, got);
    to += got;
    offset += got;
    count -= got;
  }
  return arc::STATUS_OK;
}

L4_Word_t Word(const char* at, int bytes) {
  L4_Word_t value = 0;
  for (int n = bytes - 1; n >= 0; n--) value = value << 8 | static_cast<unsigned char>(at[n]);
  return value;
}

/** Finds format and data among the chunks. False: this is no WAV file, or none of a kind that the card plays. */
bool Parse(Wave& wave) {
  char head[24] = {};
  ReadBytes(wave.file, 0, head, 12);
  if (memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0) return false;
  bool known = false;
  for (L4_Word_t at = 12; at + 8 <= wave.file.size;) {
    ReadBytes(wave.file, at, head, sizeof head);
    const L4_Word_t size = Word(head + 4, 4);
    if (memcmp(head, "fmt ", 4) == 0) {
      const L4_Word_t channels = Word(head + 10, 2), bits = Word(head + 22, 2);
      wave.rate = Word(head + 12, 4);
      wave.mode = (bits == 16 ? arc::SOUND_MODE_16 | pc::SB_MODE_SIGNED : 0) | (channels == 2 ? pc::SB_MODE_STEREO : 0);
      known = Word(head + 8, 2) == 1 && (bits == 8 || bits == 16) && (channels == 1 || channels == 2);
    }
    if (memcmp(head, "data", 4) == 0) {
      wave.begin = at + 8;
      wave.end = size < wave.file.size - wave.begin ? wave.begin + size : wave.file.size;
      return known;
    }
    if (size > wave.file.size) return false;
    at += 8 + size + (size & 1);
  }
  return false;
}

int Fail(const char* what) {
  terminal::Print("waveplay: %s\n", what);
  return 1;
}

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  if (argc != 2) return Fail("which file? waveplay FILE");
  Wave wave;
  if (process::FileFind(argv[1], wave.file) != arc::STATUS_OK) return Fail("there is no such file");
  if (!Parse(wave)) return Fail("this is no WAV file of 8 or 16 bits, mono or stereo");
  SoundClient sound;
  status_t status = sound.Open(wave.rate, wave.mode);
  if (status == arc::STATUS_BUSY) return Fail("somebody else is playing");
  if (status != arc::STATUS_OK) return Fail("no sound: the driver is missing, or does not play at this rate");
  const int silence = wave.mode & arc::SOUND_MODE_16 ? 0 : 0x80;
  L4_Word_t blocks = 0;
  for (L4_Word_t at = wave.begin; at < wave.end && status == arc::STATUS_OK; at += arc::SOUND_BLOCK_BYTES, blocks++) {
    const L4_Word_t left = wave.end - at;
    const L4_Word_t count = left < arc::SOUND_BLOCK_BYTES ? left : arc::SOUND_BLOCK_BYTES;
    // Read first: in the direct variant the block's place is the card's, and its time is short.
    static char bytes[arc::SOUND_BLOCK_BYTES];
    memset(bytes, silence, sizeof bytes);
    status = ReadBytes(wave.file, at, bytes, count);
    if (status == arc::STATUS_OK) status = sound.Play([](char* block) { memcpy(block, bytes, sizeof bytes); });
  }
  const status_t end = sound.Finish(silence);
  if (status != arc::STATUS_OK || end != arc::STATUS_OK) return Fail("the driver has failed");
  terminal::Print("%u blocks\n", blocks);
  return 0;
}
