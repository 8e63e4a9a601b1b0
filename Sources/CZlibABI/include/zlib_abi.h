// The one structure of zlib's binary interface that crosses into Swift: `z_stream` of zlib 1.x, the same since 1995.
// zlib itself is opened at run time, so that building needs neither its headers nor its development package.
#ifndef KAPPA_ZLIB_ABI_H
#define KAPPA_ZLIB_ABI_H

typedef struct kappa_zlib_stream {
  const unsigned char *next_in;
  unsigned int avail_in;
  unsigned long total_in;

  unsigned char *next_out;
  unsigned int avail_out;
  unsigned long total_out;

  const char *msg;
  void *state;

  void *zalloc;
  void *zfree;
  void *opaque;

  int data_type;
  unsigned long adler;
  unsigned long reserved;
} kappa_zlib_stream;

#endif
