// SPDX-License-Identifier: Apache-2.0
#include "sha256_wide.hpp"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#pragma GCC optimize("O3")
#endif
#define KF_SHA256_LANES 8
#define KF_SHA256_NAMESPACE avx2
#include "sha256_lanes.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
