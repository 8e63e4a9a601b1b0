// The C loops of Kappa. Nothing here validates its arguments: each function says what must hold, and the Swift
// files in Sources/Tensor/Kernels, the only callers, make sure of it.
#ifndef KAPPA_CKERNELS_H
#define KAPPA_CKERNELS_H

#include "kappa_checksum.h"
#include "kappa_convolution.h"
#include "kappa_counters.h"
#include "kappa_elements.h"
#include "kappa_elementwise.h"
#include "kappa_isa.h"
#include "kappa_losses.h"
#include "kappa_memory.h"
#include "kappa_pooling.h"
#include "kappa_product.h"
#include "kappa_random.h"
#include "kappa_recurrence.h"
#include "kappa_reduction.h"
#include "kappa_sorting.h"
#include "kappa_update.h"
#include "kappa_workers.h"

#endif
