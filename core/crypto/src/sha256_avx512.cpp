// SPDX-License-Identifier: Apache-2.0
#include "sha256_wide.hpp"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw")
#pragma GCC optimize("O3")
#endif
#define KF_SHA256_LANES 16
#define KF_SHA256_NAMESPACE avx512
#include "sha256_lanes.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
