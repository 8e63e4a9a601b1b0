#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

/// One of the three arrays: its layout for callers, the one of the product, and the ways between them.
typedef struct {
  int argument;
  abi_memory_desc plain;
  const void *chosen;  // belongs to the plan's descriptor
  bool is_plain;
  int64_t together;    // see kappa_onednn_channels_together
  abi_handle block, unblock;  // primitives; null if the layouts are the same
} array;

struct kappa_onednn_plan {
  const kappa_onednn *dnn;
  abi_handle desc, primitive;
  const char *code;
  array arrays[3];
  const void *scratch;
};

/// Creates the primitive that copies between two layouts.
static bool create_reorder(const kappa_onednn *dnn, const void *from, const void *to, abi_handle *reorder) {
  abi_handle desc;
  if (dnn->reorder_desc_create(&desc, from, dnn->engine, to, dnn->engine, NULL) != abi_success) return false;
  bool created = dnn->primitive_create(reorder, desc) == abi_success;
  dnn->primitive_desc_destroy(desc);
  return created;
}

/// How many channels stand beside each other in a layout of images, as `kappa_onednn_channels_together` has it. Blocks of eight are not
/// asked for: oneDNN's own copies are the faster ones there (docs/decisions/0007-onednn.md).
static int64_t channels_together(const kappa_onednn *dnn, const void *layout, const int64_t lengths[4]) {
  const struct { int tag; int64_t together; } known[] = {{abi_tag_acdb, lengths[1]}, {abi_tag_aBcd16b, 16}};
  for (int i = 0; i < 2; i++) {
    abi_memory_desc desc;
    if (lengths[1] % known[i].together == 0 && dnn->memory_desc_init_by_tag(&desc, 4, lengths, abi_float, known[i].tag) == abi_success &&
        dnn->memory_desc_equal(layout, &desc) != 0)
      return known[i].together;
  }
  return 0;
}

/// Describes the product with free layouts and lets oneDNN choose code and layouts.
static bool choose(kappa_onednn_plan *plan, int product, const struct kappa_onednn_convolution *c, const int64_t lengths[3][4]) {
  const kappa_onednn *dnn = plan->dnn;
  abi_memory_desc any[3];
  for (int role = 0; role < 3; role++) {
    if (dnn->memory_desc_init_by_tag(&any[role], 4, lengths[role], abi_float, abi_tag_any) != abi_success) return false;
    if (dnn->memory_desc_init_by_tag(&plan->arrays[role].plain, 4, lengths[role], abi_float, abi_tag_abcd) != abi_success) return false;
  }
  const int64_t strides[] = {c->stride_height, c->stride_width};
  // oneDNN counts the pixels left out between two that are read.
  const int64_t dilations[] = {c->dilation_height - 1, c->dilation_width - 1};
  const int64_t before[] = {c->top, c->left}, after[] = {c->bottom, c->right};
  const abi_memory_desc *x = &any[kappa_onednn_x], *w = &any[kappa_onednn_w], *y = &any[kappa_onednn_y];
  abi_convolution_desc operation;
  int status;
  switch (product) {
    case kappa_onednn_forward:
      status = dnn->convolution_forward_desc_init(
        &operation, abi_forward_inference, abi_direct_convolution, x, w, NULL, y, strides, dilations, before, after);
      break;
    case kappa_onednn_input_gradient:
      status = dnn->convolution_backward_data_desc_init(&operation, abi_direct_convolution, x, w, y, strides, dilations, before, after);
      break;
    default:
      status = dnn->convolution_backward_weights_desc_init(
        &operation, abi_direct_convolution, x, w, NULL, y, strides, dilations, before, after);
  }
  abi_handle attributes;
  if (status != abi_success || dnn->attr_create(&attributes) != abi_success) return false;
  bool chosen = dnn->attr_set_scratchpad_mode(attributes, abi_scratchpad_user) == abi_success &&
                dnn->primitive_desc_create(&plan->desc, &operation, attributes, dnn->engine, NULL) == abi_success;
  dnn->attr_destroy(attributes);
  return chosen && dnn->primitive_desc_query(plan->desc, abi_query_code_name, 0, &plan->code) == abi_success &&
         // The reference code is there for completeness, and slower than ours by orders of magnitude.
         strncmp(plan->code, "ref", 3) != 0;
}

static bool create(kappa_onednn_plan *plan, int product, const struct kappa_onednn_convolution *c) {
  static const int arguments[3][3] = {
    {abi_argument_source, abi_argument_weights, abi_argument_destination},
    {abi_argument_source_gradient, abi_argument_weights, abi_argument_destination_gradient},
    {abi_argument_source, abi_argument_weights_gradient, abi_argument_destination_gradient},
  };
  static const int results[] = {kappa_onednn_y, kappa_onednn_x, kappa_onednn_w};
  const int64_t lengths[3][4] = {
    {c->batch, c->in_channels, c->in_height, c->in_width},
    {c->out_channels, c->in_channels, c->kernel_height, c->kernel_width},
    {c->batch, c->out_channels, c->out_height, c->out_width},
  };
  const kappa_onednn *dnn = plan->dnn;
  if (!choose(plan, product, c, lengths) || dnn->primitive_create(&plan->primitive, plan->desc) != abi_success) return false;
  plan->scratch = dnn->primitive_desc_query_md(plan->desc, abi_query_argument, abi_argument_scratchpad);
  for (int role = 0; role < 3; role++) {
    array *a = &plan->arrays[role];
    a->argument = arguments[product][role];
    a->chosen = dnn->primitive_desc_query_md(plan->desc, abi_query_argument, a->argument);
    if (a->chosen == NULL) return false;
    a->is_plain = dnn->memory_desc_equal(a->chosen, &a->plain) != 0;
    if (a->is_plain) continue;
    if (role != kappa_onednn_w) a->together = channels_together(dnn, a->chosen, lengths[role]);
    bool made = role == results[product] ? create_reorder(dnn, a->chosen, &a->plain, &a->unblock)
                                         : create_reorder(dnn, &a->plain, a->chosen, &a->block);
    if (!made) return false;
  }
  return true;
}

kappa_onednn_plan *kappa_onednn_plan_create(const kappa_onednn *dnn, int product, const struct kappa_onednn_convolution *c) {
  kappa_onednn_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL) return NULL;
  plan->dnn = dnn;
  // Code is made for the number of threads of this moment.
  int before = kappa_onednn_enter(dnn);
  bool created = create(plan, product, c);
  kappa_onednn_leave(dnn, before);
  if (created) return plan;
  kappa_onednn_plan_destroy(plan);
  return NULL;
}

void kappa_onednn_plan_destroy(kappa_onednn_plan *plan) {
  const kappa_onednn *dnn = plan->dnn;
  for (int role = 0; role < 3; role++) {
    if (plan->arrays[role].block != NULL) dnn->primitive_destroy(plan->arrays[role].block);
    if (plan->arrays[role].unblock != NULL) dnn->primitive_destroy(plan->arrays[role].unblock);
  }
  if (plan->primitive != NULL) dnn->primitive_destroy(plan->primitive);
  if (plan->desc != NULL) dnn->primitive_desc_destroy(plan->desc);
  free(plan);
}

const char *kappa_onednn_plan_code(const kappa_onednn_plan *plan) { return plan->code; }

size_t kappa_onednn_blocked_size(const kappa_onednn_plan *plan, int role) {
  const array *a = &plan->arrays[role];
  return a->is_plain ? 0 : plan->dnn->memory_desc_get_size(a->chosen);
}

size_t kappa_onednn_scratch_size(const kappa_onednn_plan *plan) {
  return plan->scratch == NULL ? 0 : plan->dnn->memory_desc_get_size(plan->scratch);
}

typedef struct {
  int argument;
  const void *desc;
  void *buffer;
} binding;

/// Runs a primitive on buffers.
static int execute(const kappa_onednn *dnn, abi_handle primitive, int count, const binding *bindings) {
  enum { most = 4 };
  abi_argument arguments[most];
  abi_handle stream;
  int before = kappa_onednn_enter(dnn);
  int status = dnn->stream_create(&stream, dnn->engine, abi_stream_default);
  if (status == abi_success) {
    int made = 0;
    while (made < count && status == abi_success) {
      arguments[made].argument = bindings[made].argument;
      status = dnn->memory_create(&arguments[made].memory, bindings[made].desc, dnn->engine, bindings[made].buffer);
      if (status == abi_success) made++;
    }
    if (status == abi_success) status = dnn->primitive_execute(primitive, stream, count, arguments);
    if (status == abi_success) status = dnn->stream_wait(stream);
    for (int i = 0; i < made; i++) dnn->memory_destroy(arguments[i].memory);
    dnn->stream_destroy(stream);
  }
  kappa_onednn_leave(dnn, before);
  return status;
}

int64_t kappa_onednn_channels_together(const kappa_onednn_plan *plan, int role) { return plan->arrays[role].together; }

int kappa_onednn_block(const kappa_onednn_plan *plan, int role, const float *plain, void *blocked) {
  const array *a = &plan->arrays[role];
  // oneDNN takes all buffers as writable; it reads this one.
  const binding bindings[] = {{abi_argument_source, &a->plain, (void *)plain}, {abi_argument_destination, a->chosen, blocked}};
  return execute(plan->dnn, a->block, 2, bindings);
}

int kappa_onednn_unblock(const kappa_onednn_plan *plan, int role, const void *blocked, float *plain) {
  const array *a = &plan->arrays[role];
  const binding bindings[] = {{abi_argument_source, a->chosen, (void *)blocked}, {abi_argument_destination, &a->plain, plain}};
  return execute(plan->dnn, a->unblock, 2, bindings);
}

int kappa_onednn_run(const kappa_onednn_plan *plan, void *x, void *w, void *y, void *scratch) {
  void *const buffers[] = {x, w, y};
  binding bindings[4];
  for (int role = 0; role < 3; role++)
    bindings[role] = (binding){plan->arrays[role].argument, plan->arrays[role].chosen, buffers[role]};
  bindings[3] = (binding){abi_argument_scratchpad, plan->scratch, scratch};
  bool needs_scratch = kappa_onednn_scratch_size(plan) > 0;
  return execute(plan->dnn, plan->primitive, needs_scratch ? 4 : 3, bindings);
}
