// A tile of the result, a few rows of a few vectors, stays in registers while its sums run; nothing is packed. An addition takes
// four cycles and two start in each, so that eight sums must run side by side. Six rows of two vectors, twelve sums, load eight
// times for twelve multiplications and leave a register free; an odd number of vectors ends with three rows of three, as clang spills
// a sum of four rows of three.
#define KAPPA_PRODUCT_BYTES_baseline 16
#define KAPPA_PRODUCT_BYTES_avx2 32
#define KAPPA_PRODUCT_BYTES_avx512 64
#define BYTES KAPPA_JOIN3(KAPPA_PRODUCT, BYTES, ISA)
#define LANES (BYTES / sizeof(T))
#define V NAME(vector)

typedef T V __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));

typedef struct {
  size_t k, down, across, ldb, ldc;
  int adds;
} NAME(sizes);

// Rows and vectors are constants where this is inlined. The last vector starts at column `last`, where it may overlap the one before
// it: a row is read before it is written, so that both write the same there.
static inline __attribute__((always_inline)) void NAME(tile)(
    size_t rows, size_t vectors, const NAME(sizes) *s, const T *a, const T *b, T *c, size_t last) {
  const size_t k = s->k, down = s->down, across = s->across, ldb = s->ldb, ldc = s->ldc;
  const T *at[2];
#pragma unroll
  for (size_t i = 0; i < rows; i += 4) at[i / 4] = a + i * down;
  V sum[8][3];
#pragma unroll
  for (size_t i = 0; i < rows; i++)
#pragma unroll
    for (size_t j = 0; j < vectors; j++) sum[i][j] = (V){0};
#pragma unroll 2
  for (size_t l = 0; l < k; l++, b += ldb) {
    V right[3];
#pragma unroll
    for (size_t j = 0; j < vectors; j++) right[j] = *(const V *)(b + (j + 1 == vectors ? last : j * LANES));
#pragma unroll
    for (size_t i = 0; i < rows; i++) {
      // Minus zero: plus zero would turn -0 to 0, and clang would have to add it.
      const V left = at[i / 4][i % 4 * down] - (V){0};
#pragma unroll
      for (size_t j = 0; j < vectors; j++) sum[i][j] += left * right[j];
    }
#pragma unroll
    for (size_t i = 0; i < rows; i += 4) {
      at[i / 4] += across;
      // Else clang finds each row's address from the one before, and the additions take as long as a chain as the products.
      __asm__("" : "+r"(at[i / 4]));
    }
  }
#pragma unroll
  for (size_t i = 0; i < rows; i++) {
    T *row = c + i * ldc;
    if (s->adds)
#pragma unroll
      for (size_t j = 0; j < vectors; j++) sum[i][j] += *(const V *)(row + (j + 1 == vectors ? last : j * LANES));
#pragma unroll
    for (size_t j = 0; j < vectors; j++) *(V *)(row + (j + 1 == vectors ? last : j * LANES)) = sum[i][j];
  }
}

// All rows of one to three vectors of columns.
static inline __attribute__((always_inline)) void NAME(columns)(
    size_t vectors, size_t m, const NAME(sizes) *s, const T *a, const T *b, T *c, size_t last) {
#define ROWS(rows)                                        \
  {                                                       \
    NAME(tile)(rows, vectors, s, a, b, c, last);          \
    a += (rows)*s->down, c += (rows)*s->ldc, m -= (rows); \
  }
  switch (vectors) {
    case 1:
      while (m >= 8) ROWS(8)
      while (m >= 4) ROWS(4)
      break;
    case 2:
      while (m >= 6 && m != 7 && m != 8) ROWS(6)
      while (m >= 4) ROWS(4)
      break;
    case 3:
      while (m >= 3 && m != 4) ROWS(3)
      break;
  }
  if (m == 3) ROWS(3)
  while (m >= 2) ROWS(2)
  if (m == 1) ROWS(1)
#undef ROWS
}

static void NAME(small_product)(
    size_t m, size_t n, size_t k, const T *a, size_t down, size_t across, const T *b, size_t ldb, int adds, T *c, size_t ldc) {
  if (n < LANES) {
    for (size_t i = 0; i < m; i++)
      for (size_t j = 0; j < n; j++) {
        T sum = 0;
        for (size_t l = 0; l < k; l++) sum += a[i * down + l * across] * b[l * ldb + j];
        c[i * ldc + j] = adds ? c[i * ldc + j] + sum : sum;
      }
    return;
  }
  const NAME(sizes) s = {k, down, across, ldb, ldc, adds};
  // The columns behind whole vectors are the last lanes of one that ends where the row ends.
  size_t column = 0, vectors = (n + LANES - 1) / LANES;
  for (; vectors > 3; vectors -= 2, column += 2 * LANES) NAME(columns)(2, m, &s, a, b + column, c + column, LANES);
  const size_t last = n - LANES - column;
  switch (vectors) {
    case 3: NAME(columns)(3, m, &s, a, b + column, c + column, last); break;
    case 2: NAME(columns)(2, m, &s, a, b + column, c + column, last); break;
    case 1: NAME(columns)(1, m, &s, a, b + column, c + column, last); break;
  }
}

#undef BYTES
#undef LANES
#undef V
