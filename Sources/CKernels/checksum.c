#include "kappa_checksum.h"

#include <pthread.h>
#include <string.h>

// Eight bytes at a time (Kounavis & Berry, A systematic approach to building high performance software-based CRC generators, 2005):
// table[k][b] is what byte b contributes when k more bytes follow it.
static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
    table[0][byte] = sum;
  }
  for (int k = 1; k < 8; k++) {
    for (int byte = 0; byte < 256; byte++) table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xFF];
  }
}

uint32_t kappa_crc32(uint32_t sum, const void *data, size_t count) {
  pthread_once(&once, make_table);
  const unsigned char *byte = data;
  sum = ~sum;
  // The words are little-endian, as all machines are that Kappa runs on.
  for (; count >= 8; count -= 8, byte += 8) {
    uint64_t word;
    memcpy(&word, byte, 8);
    word ^= sum;
    sum = table[7][word & 0xFF] ^ table[6][word >> 8 & 0xFF] ^ table[5][word >> 16 & 0xFF] ^ table[4][word >> 24 & 0xFF] ^
          table[3][word >> 32 & 0xFF] ^ table[2][word >> 40 & 0xFF] ^ table[1][word >> 48 & 0xFF] ^ table[0][word >> 56];
  }
  for (; count > 0; count--, byte++) sum = sum >> 8 ^ table[0][(sum ^ *byte) & 0xFF];
  return ~sum;
}
