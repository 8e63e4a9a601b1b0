// CRC-32 (ISO 3309, as in zip and gzip files).
#ifndef KAPPA_CHECKSUM_H
#define KAPPA_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// The checksum of `sum`'s bytes, 0 for none, followed by the `count` bytes at `data`.
uint32_t kappa_crc32(uint32_t sum, const void *_Nonnull data, size_t count);

#endif
