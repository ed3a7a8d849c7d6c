// SPDX-License-Identifier: Apache-2.0
#include "sha256_wide.hpp"

// Half the width of avx512: less in all, more for each message, so better when there are few.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,prefer-vector-width=256")
#pragma GCC optimize("O3")
#endif
#define KF_SHA256_LANES 8
#define KF_SHA256_NAMESPACE avx512vl
#include "sha256_lanes.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
