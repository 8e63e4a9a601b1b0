#include "zlib_abi.h"

#include <stddef.h>

// zlib compares the size that its caller states with its own and refuses any other.
#if defined(__LP64__)
_Static_assert(sizeof(kappa_zlib_stream) == 112, "z_stream has 112 bytes where pointers and long have 64 bits");
_Static_assert(offsetof(kappa_zlib_stream, msg) == 48, "z_stream.msg lies at byte 48");
#endif
