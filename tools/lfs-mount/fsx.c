/* Random reads and writes of one file, each compared with a copy in memory: read, write, append, truncate, fallocate,
 * mapped reads and writes, fsync, msync, close and open again.
 *
 *     fsx FILE OPERATIONS SEED
 *
 * The idea is that of Apple's fsx; the code is our own. The first difference ends it with the operation's number. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT = 256 * 1024, LONGEST = 64 * 1024 };

static unsigned char expected[LIMIT], buffer[LONGEST];
static size_t size;
static const char *path;
static int file = -1;
static long operation;
static uint64_t state;

static uint32_t chance(uint32_t below) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((state >> 33) % below);
}

static void fail(const char *what) {
  fprintf(stderr, "fsx: operation %ld, %s: %s\n", operation, what, strerror(errno));
  exit(1);
}

static void compare(const unsigned char *is, size_t offset, size_t length, const char *what) {
  for (size_t n = 0; n < length; n++) {
    if (is[n] == expected[offset + n]) continue;
    fprintf(stderr, "fsx: operation %ld, %s: byte %zu is %u, must be %u (size %zu)\n", operation, what, offset + n, is[n],
            expected[offset + n], size);
    exit(1);
  }
}

static void reopen(int flags) {
  if (file != -1 && close(file) != 0) fail("close");
  file = open(path, O_RDWR | flags, 0644);
  if (file == -1) fail("open");
}

static void grow(size_t to) {
  if (to > size) size = to;
}

static void do_read(void) {
  size_t offset = chance(LIMIT), length = chance(LONGEST);
  ssize_t got = pread(file, buffer, length, (off_t)offset);
  size_t want = offset >= size ? 0 : size - offset < length ? size - offset : length;
  if (got != (ssize_t)want) fail("read has another length");
  compare(buffer, offset, want, "read");
}

static void do_write(void) {
  size_t offset = chance(LIMIT - 1), length = 1 + chance(LONGEST - 1);
  if (offset + length > LIMIT) length = LIMIT - offset;
  for (size_t n = 0; n < length; n++) buffer[n] = (unsigned char)(operation + (long)n * 7);
  if (pwrite(file, buffer, length, (off_t)offset) != (ssize_t)length) fail("write");
  memcpy(expected + offset, buffer, length);
  grow(offset + length);
}

static void do_append(void) {
  size_t length = 1 + chance(5000);
  if (size + length > LIMIT) return;
  reopen(O_APPEND);
  memset(buffer, (int)(operation & 0xff) | 1, length);
  if (write(file, buffer, length) != (ssize_t)length) fail("append");
  memcpy(expected + size, buffer, length);
  size += length;
  reopen(0);
}

static void do_truncate(void) {
  size_t to = chance(LIMIT);
  if ((chance(2) ? ftruncate(file, (off_t)to) : truncate(path, (off_t)to)) != 0) fail("truncate");
  if (to < size) memset(expected + to, 0, size - to);
  size = to;
}

static void do_allocate(void) {
  size_t offset = chance(LIMIT - 1), length = 1 + chance(LONGEST - 1);
  if (offset + length > LIMIT) length = LIMIT - offset;
  if (fallocate(file, 0, (off_t)offset, (off_t)length) == 0) grow(offset + length);
  else if (errno != EOPNOTSUPP) fail("fallocate");
}

static void do_map(int writes) {
  if (size == 0) return;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t offset = chance((uint32_t)size), length = 1 + chance(LONGEST - 1);
  if (offset + length > size) length = size - offset;
  size_t base = offset / page * page;
  unsigned char *map =
      mmap(NULL, offset - base + length, writes ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, (off_t)base);
  if (map == MAP_FAILED) fail("mmap");
  unsigned char *at = map + (offset - base);
  compare(at, offset, length, "mapped read");
  if (writes) {
    memset(at, (int)(operation & 0xff), length);
    memset(expected + offset, (int)(operation & 0xff), length);
    if (chance(2) && msync(map, offset - base + length, MS_SYNC) != 0) fail("msync");
  }
  if (munmap(map, offset - base + length) != 0) fail("munmap");
}

static void check_size(void) {
  struct stat status;
  if (fstat(file, &status) != 0) fail("fstat");
  if ((size_t)status.st_size == size) return;
  fprintf(stderr, "fsx: operation %ld: size is %lld, must be %zu\n", operation, (long long)status.st_size, size);
  exit(1);
}

int main(int count, char **words) {
  if (count != 4) return fprintf(stderr, "fsx FILE OPERATIONS SEED\n"), 2;
  path = words[1];
  long last = atol(words[2]);
  state = (uint64_t)atol(words[3]);
  reopen(O_CREAT | O_TRUNC);
  for (operation = 1; operation <= last; operation++) {
    switch (chance(16)) {
      case 0: case 1: case 2: do_read(); break;
      case 3: case 4: case 5: case 6: do_write(); break;
      case 7: do_append(); break;
      case 8: case 9: do_truncate(); break;
      case 10: do_allocate(); break;
      case 11: case 12: do_map(0); break;
      case 13: do_map(1); break;
      case 14: reopen(0); break;
      default: if (chance(4) == 0 && fsync(file) != 0) fail("fsync");
    }
    check_size();
  }
  reopen(0);
  for (size_t at = 0; at < size; at += LONGEST) {
    ssize_t got = pread(file, buffer, LONGEST, (off_t)at);
    if (got <= 0) fail("last read");
    compare(buffer, at, (size_t)got, "last read");
  }
  printf("fsx: %ld operations\n", last);
  return 0;
}
