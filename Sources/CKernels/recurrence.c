#include "kappa_recurrence.h"

#define KAPPA_TEMPLATE "recurrence.h"
#include "template/for_each_variant.h"

#define TANH_TANGENT(T) (const kappa_cell_layout *l, const T *state, T *dgates)
KAPPA_DEFINE(void, tanh_tangent, TANH_TANGENT, (l, state, dgates))

#define TANH_COTANGENT_TANGENT(T) (const kappa_cell_layout *l, const T *state, const T *u, const T *dstate, const T *du, T *dw)
KAPPA_DEFINE(void, tanh_cotangent_tangent, TANH_COTANGENT_TANGENT, (l, state, u, dstate, du, dw))

#define LSTM_STEP(T) (size_t rows, size_t width, T *gates, const T *before, T *cell, T *squashed, T *state)
KAPPA_DEFINE(void, lstm_step, LSTM_STEP, (rows, width, gates, before, cell, squashed, state))

#define LSTM_TANGENT(T) (const kappa_cell_layout *l, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, T *dcell, T *dstate)
KAPPA_DEFINE(void, lstm_tangent, LSTM_TANGENT, (l, gates, before, squashed, dgates, dbefore, dcell, dstate))

#define LSTM_COTANGENT(T) (size_t rows, size_t width, const T *gates, const T *before, const T *squashed, const T *u, T *v, T *total, T *w)
KAPPA_DEFINE(void, lstm_cotangent, LSTM_COTANGENT, (rows, width, gates, before, squashed, u, v, total, w))

#define LSTM_COTANGENT_TANGENT(T) (const kappa_cell_layout *l, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, const T *dcell, const T *u, const T *total, const T *du, T *dv, T *dw)
KAPPA_DEFINE(void, lstm_cotangent_tangent, LSTM_COTANGENT_TANGENT, (l, gates, before, squashed, dgates, dbefore, dcell, u, total, du, dv, dw))

#define GRU_STEP(T) (size_t rows, size_t width, T *gates, const T *before, T *state)
KAPPA_DEFINE(void, gru_step, GRU_STEP, (rows, width, gates, before, state))

#define GRU_TANGENT(T) (const kappa_cell_layout *l, const T *gates, const T *before, const T *dgates, const T *dbefore, T *dstate)
KAPPA_DEFINE(void, gru_tangent, GRU_TANGENT, (l, gates, before, dgates, dbefore, dstate))

#define GRU_COTANGENT(T) (size_t rows, size_t width, const T *gates, const T *before, const T *u, T *v, T *w)
KAPPA_DEFINE(void, gru_cotangent, GRU_COTANGENT, (rows, width, gates, before, u, v, w))

#define GRU_COTANGENT_TANGENT(T) (const kappa_cell_layout *l, const T *gates, const T *before, const T *dgates, const T *dbefore, const T *u, const T *du, T *dv, T *dw)
KAPPA_DEFINE(void, gru_cotangent_tangent, GRU_COTANGENT_TANGENT, (l, gates, before, dgates, dbefore, u, du, dv, dw))
