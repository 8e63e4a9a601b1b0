#ifndef KAPPA_COPENBLAS_SHIM_H
#define KAPPA_COPENBLAS_SHIM_H
#include <cblas.h>
#include <lapacke.h>
#endif
