// Square blocks are transposed in registers, pairs of rows interleaved by ever longer pieces: elements, pairs of elements, lanes of 16 bytes.
// The tiles around them are cache lines wide, so that both sides are read and written whole.
#define UNPACK_32_4(a, b, i, j) __builtin_shufflevector(a, b, i, i + 8, j, j + 8, i + 4, i + 12, j + 4, j + 12)
#define UNPACK_32_8(a, b, i) __builtin_shufflevector(a, b, i, i + 4, i + 2, i + 6)
#define LANES_32(a, b, i) __builtin_shufflevector(a, b, 2 * i, 2 * i + 1, 2 * i + 4, 2 * i + 5)
#define UNPACK_64_4(a, b, i, j)                                                                                                    \
  __builtin_shufflevector(a, b, i, i + 16, j, j + 16, i + 4, i + 20, j + 4, j + 20, i + 8, i + 24, j + 8, j + 24, i + 12, i + 28, \
                          j + 12, j + 28)
#define UNPACK_64_8(a, b, i) __builtin_shufflevector(a, b, i, i + 8, i + 2, i + 10, i + 4, i + 12, i + 6, i + 14)
/// Of each operand the lanes i and i + 2; its halves i.
#define LANES_64(a, b, i) __builtin_shufflevector(a, b, 2 * i, 2 * i + 1, 2 * i + 8, 2 * i + 9, 2 * i + 4, 2 * i + 5, 2 * i + 12, 2 * i + 13)
#define HALVES_64(a, b, i) \
  __builtin_shufflevector(a, b, 4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3, 4 * i + 8, 4 * i + 9, 4 * i + 10, 4 * i + 11)

// `a` has a row of the block in each vector, and after this, with n elements a lane, in lane L of vector g n + i the rows g n, g n + 1, ...
// of column L n + i. `wide` holds 8 bytes an element, `narrow` 4.
#define TRANSPOSE_IN_LANES(bytes)                                                                       \
  enum { side = bytes / sizeof(T), in_lane = 16 / sizeof(T) };                                          \
  typedef float narrow __attribute__((vector_size(bytes), aligned(sizeof(T)), may_alias));              \
  typedef double wide __attribute__((vector_size(bytes), aligned(sizeof(T)), may_alias));               \
  wide a[side], b[side];                                                                                \
  _Pragma("unroll") for (size_t i = 0; i < side; i++) a[i] = *(const wide *)(x + i * ldx);              \
  if (in_lane == 4) {                                                                                   \
    _Pragma("unroll") for (size_t i = 0; i < side; i += 2) {                                            \
      narrow even = (narrow)a[i], odd = (narrow)a[i + 1];                                               \
      b[i] = (wide)UNPACK_##bytes##_4(even, odd, 0, 1), b[i + 1] = (wide)UNPACK_##bytes##_4(even, odd, 2, 3); \
    }                                                                                                   \
    _Pragma("unroll") for (size_t i = 0; i < side; i += 4) {                                            \
      a[i] = UNPACK_##bytes##_8(b[i], b[i + 2], 0), a[i + 1] = UNPACK_##bytes##_8(b[i], b[i + 2], 1);   \
      a[i + 2] = UNPACK_##bytes##_8(b[i + 1], b[i + 3], 0), a[i + 3] = UNPACK_##bytes##_8(b[i + 1], b[i + 3], 1); \
    }                                                                                                   \
  } else {                                                                                              \
    _Pragma("unroll") for (size_t i = 0; i < side; i += 2)                                              \
      b[i] = UNPACK_##bytes##_8(a[i], a[i + 1], 0), b[i + 1] = UNPACK_##bytes##_8(a[i], a[i + 1], 1);   \
    _Pragma("unroll") for (size_t i = 0; i < side; i++) a[i] = b[i];                                    \
  }

static inline __attribute__((always_inline)) void NAME(transpose_block_32)(const T *x, size_t ldx, T *y, size_t ldy) {
  TRANSPOSE_IN_LANES(32)
#pragma unroll
  for (size_t i = 0; i < in_lane; i++) {
    *(wide *)(y + i * ldy) = LANES_32(a[i], a[i + in_lane], 0);
    *(wide *)(y + (i + in_lane) * ldy) = LANES_32(a[i], a[i + in_lane], 1);
  }
}

static inline __attribute__((always_inline)) void NAME(transpose_block_64)(const T *x, size_t ldx, T *y, size_t ldy) {
  TRANSPOSE_IN_LANES(64)
#pragma unroll
  for (size_t i = 0; i < in_lane; i++)
#pragma unroll
    for (size_t odd = 0; odd < 2; odd++) {
      wide top = odd ? LANES_64(a[i], a[i + in_lane], 1) : LANES_64(a[i], a[i + in_lane], 0);
      wide bottom = odd ? LANES_64(a[i + 2 * in_lane], a[i + 3 * in_lane], 1) : LANES_64(a[i + 2 * in_lane], a[i + 3 * in_lane], 0);
      *(wide *)(y + (i + odd * in_lane) * ldy) = HALVES_64(top, bottom, 0);
      *(wide *)(y + (i + (odd + 2) * in_lane) * ldy) = HALVES_64(top, bottom, 1);
    }
}

#define KAPPA_TRANSPOSE_BYTES_baseline 32
#define KAPPA_TRANSPOSE_BYTES_avx2 32
#define KAPPA_TRANSPOSE_BYTES_avx512 64

enum { NAME(tile_side) = 64 / sizeof(T) };

/// At most `tile_side` rows and columns.
static inline __attribute__((always_inline)) void NAME(transpose_tile)(size_t rows, size_t columns, const T *x, size_t ldx, T *y, size_t ldy) {
  enum { side = 32 / sizeof(T) };
  if (KAPPA_JOIN3(KAPPA_TRANSPOSE, BYTES, ISA) == 64 && rows == NAME(tile_side) && columns == NAME(tile_side))
    return NAME(transpose_block_64)(x, ldx, y, ldy);
  size_t i = 0, j;
  for (; i + side <= rows; i += side) {
    for (j = 0; j + side <= columns; j += side) NAME(transpose_block_32)(x + i * ldx + j, ldx, y + j * ldy + i, ldy);
    for (; j < columns; j++)
      for (size_t k = i; k < i + side; k++) y[j * ldy + k] = x[k * ldx + j];
  }
  for (j = 0; j < columns; j++)
    for (size_t k = i; k < rows; k++) y[j * ldy + k] = x[k * ldx + j];
}

/// Brings a matrix `next` of the same size, which is contiguous, into the cache meanwhile, unless it is null.
static inline __attribute__((always_inline)) void NAME(transpose_before)(
    size_t rows, size_t columns, const T *x, size_t ldx, T *y, size_t ldy, const T *next) {
  const size_t tile = NAME(tile_side);
  // What is written lies together, unless the rows are so few that it does anyway; then what is read does. Measured: 32 x 1024 takes half
  // as long again the other way, 784 x 1000 up to twice as long.
  const size_t down = rows > 32, outer = down ? columns : rows, inner = down ? rows : columns;
  for (size_t o = 0; o < outer; o += tile)
    for (size_t n = 0; n < inner; n += tile) {
      const size_t i = down ? n : o, j = down ? o : n;
      const size_t height = rows - i < tile ? rows - i : tile, width = columns - j < tile ? columns - j : tile;
      if (next != NULL) {
        for (size_t k = 0; k < height * width; k += tile) __builtin_prefetch(next + k, 0, 2);
        next += height * width;
      }
      NAME(transpose_tile)(height, width, x + i * ldx + j, ldx, y + j * ldy + i, ldy);
    }
}

static void NAME(transpose)(size_t rows, size_t columns, const T *x, size_t ldx, T *y, size_t ldy) {
  NAME(transpose_before)(rows, columns, x, ldx, y, ldy, NULL);
}

static void NAME(transpose_each)(size_t count, size_t rows, size_t columns, const T *x, T *y) {
  const size_t size = rows * columns;
  for (size_t k = 0; k + 1 < count; k++, x += size, y += size) NAME(transpose_before)(rows, columns, x, columns, y, rows, x + size);
  if (count > 0) NAME(transpose)(rows, columns, x, columns, y, rows);
}

#undef UNPACK_32_4
#undef UNPACK_32_8
#undef LANES_32
#undef UNPACK_64_4
#undef UNPACK_64_8
#undef LANES_64
#undef HALVES_64
#undef TRANSPOSE_IN_LANES
