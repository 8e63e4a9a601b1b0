// One step of a recurrent cell for `rows` examples of `width` units, between its matrix products: values, tangents (of the step),
// cotangents (its adjoint) and tangents of those. A row of a state is `width` long, one of the gates 4 width, of a tanh cell width; rows follow
// each other without gaps, except where a `kappa_cell_layout` says otherwise. Derivatives of gates are those of their pre-activations.
//
// LSTM: gates i, f, g, o; cell = f before + i g, squashed = tanh cell, state = o squashed; before: the cell of the previous step.
// GRU: gates r, z, m, n; n = tanh(n' + r m), state = n + z (before - n); m is the state's part of the candidate's pre-activation, n'
// the input's; before: the state of the previous step.
#ifndef KAPPA_RECURRENCE_H
#define KAPPA_RECURRENCE_H

#include <stddef.h>

/// Where a step's values and their tangents lie, for the kernels of tangents: `rows` rows of `width` elements. A row is an example and its elements
/// are the units; or, `shared`, a row is a unit of one example and its elements are directions, of which the unit's values are one for all.
typedef struct {
  size_t rows, width;
  int shared;
  /// How far rows of gates, groups of gates and rows of states lie apart, of values and of tangents.
  size_t gates, groups, states, dgates, dgroups, dstates;
} kappa_cell_layout;

/// A tanh cell's dstate over dgates, rows as those of the gates.
void kappa_tanh_tangent_f32(const kappa_cell_layout *_Nonnull l, const float *_Nonnull state, float *_Nonnull dgates);
void kappa_tanh_tangent_f64(const kappa_cell_layout *_Nonnull l, const double *_Nonnull state, double *_Nonnull dgates);

/// The tangents dw of a tanh cell's gates' cotangents u (1 - state^2), for those of u and of the state. The result overlaps no operand; `shared`,
/// it may lie over du.
void kappa_tanh_cotangent_tangent_f32(const kappa_cell_layout *_Nonnull l, const float *_Nonnull state, const float *_Nonnull u, const float *_Nonnull dstate, const float *_Nonnull du, float *_Nonnull dw);
void kappa_tanh_cotangent_tangent_f64(const kappa_cell_layout *_Nonnull l, const double *_Nonnull state, const double *_Nonnull u, const double *_Nonnull dstate, const double *_Nonnull du, double *_Nonnull dw);

/// Pre-activations in `gates` become the gates; cell, squashed and state are written.
void kappa_lstm_step_f32(size_t rows, size_t width, float *_Nonnull gates, const float *_Nonnull before, float *_Nonnull cell, float *_Nonnull squashed, float *_Nonnull state);
void kappa_lstm_step_f64(size_t rows, size_t width, double *_Nonnull gates, const double *_Nonnull before, double *_Nonnull cell, double *_Nonnull squashed, double *_Nonnull state);

/// dcell and dstate from dgates and dbefore.
void kappa_lstm_tangent_f32(const kappa_cell_layout *_Nonnull l, const float *_Nonnull gates, const float *_Nonnull before, const float *_Nonnull squashed, const float *_Nonnull dgates, const float *_Nonnull dbefore, float *_Nonnull dcell, float *_Nonnull dstate);
void kappa_lstm_tangent_f64(const kappa_cell_layout *_Nonnull l, const double *_Nonnull gates, const double *_Nonnull before, const double *_Nonnull squashed, const double *_Nonnull dgates, const double *_Nonnull dbefore, double *_Nonnull dcell, double *_Nonnull dstate);

/// From the cotangents `u` of the state and `v` of the cell: those of the gates to `w`, that of `before` over v. `total`, if any, receives
/// v with the state's part added.
void kappa_lstm_cotangent_f32(size_t rows, size_t width, const float *_Nonnull gates, const float *_Nonnull before, const float *_Nonnull squashed, const float *_Nonnull u, float *_Nonnull v, float *_Nullable total, float *_Nonnull w);
void kappa_lstm_cotangent_f64(size_t rows, size_t width, const double *_Nonnull gates, const double *_Nonnull before, const double *_Nonnull squashed, const double *_Nonnull u, double *_Nonnull v, double *_Nullable total, double *_Nonnull w);

/// The tangents dv and dw of the above, for du, dv and the tangents of the step; `u` and `total` as there.
void kappa_lstm_cotangent_tangent_f32(const kappa_cell_layout *_Nonnull l, const float *_Nonnull gates, const float *_Nonnull before, const float *_Nonnull squashed, const float *_Nonnull dgates, const float *_Nonnull dbefore, const float *_Nonnull dcell, const float *_Nonnull u, const float *_Nonnull total, const float *_Nonnull du, float *_Nonnull dv, float *_Nonnull dw);
void kappa_lstm_cotangent_tangent_f64(const kappa_cell_layout *_Nonnull l, const double *_Nonnull gates, const double *_Nonnull before, const double *_Nonnull squashed, const double *_Nonnull dgates, const double *_Nonnull dbefore, const double *_Nonnull dcell, const double *_Nonnull u, const double *_Nonnull total, const double *_Nonnull du, double *_Nonnull dv, double *_Nonnull dw);

/// Pre-activations in `gates` become the gates; the state is written.
void kappa_gru_step_f32(size_t rows, size_t width, float *_Nonnull gates, const float *_Nonnull before, float *_Nonnull state);
void kappa_gru_step_f64(size_t rows, size_t width, double *_Nonnull gates, const double *_Nonnull before, double *_Nonnull state);

/// dstate from dgates and dbefore.
void kappa_gru_tangent_f32(const kappa_cell_layout *_Nonnull l, const float *_Nonnull gates, const float *_Nonnull before, const float *_Nonnull dgates, const float *_Nonnull dbefore, float *_Nonnull dstate);
void kappa_gru_tangent_f64(const kappa_cell_layout *_Nonnull l, const double *_Nonnull gates, const double *_Nonnull before, const double *_Nonnull dgates, const double *_Nonnull dbefore, double *_Nonnull dstate);

/// From the cotangent `u` of the state: those of the gates to `w`; that of `before`, but for what the products pass on, is added to v.
void kappa_gru_cotangent_f32(size_t rows, size_t width, const float *_Nonnull gates, const float *_Nonnull before, const float *_Nonnull u, float *_Nonnull v, float *_Nonnull w);
void kappa_gru_cotangent_f64(size_t rows, size_t width, const double *_Nonnull gates, const double *_Nonnull before, const double *_Nonnull u, double *_Nonnull v, double *_Nonnull w);

/// The tangent dw of the above to dw, that of what was added to v added to dv.
void kappa_gru_cotangent_tangent_f32(const kappa_cell_layout *_Nonnull l, const float *_Nonnull gates, const float *_Nonnull before, const float *_Nonnull dgates, const float *_Nonnull dbefore, const float *_Nonnull u, const float *_Nonnull du, float *_Nonnull dv, float *_Nonnull dw);
void kappa_gru_cotangent_tangent_f64(const kappa_cell_layout *_Nonnull l, const double *_Nonnull gates, const double *_Nonnull before, const double *_Nonnull dgates, const double *_Nonnull dbefore, const double *_Nonnull u, const double *_Nonnull du, double *_Nonnull dv, double *_Nonnull dw);

#endif
