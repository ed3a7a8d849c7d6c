// SPDX-License-Identifier: Apache-2.0
#pragma once

// libsolv's headers. Up to 0.7.24 they name a member as C++20 names a keyword. They include nothing of C++.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define requires solv_requires
extern "C" {  // not all of them say so themselves
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/repo_deb.h>
#include <solv/repo_rpmmd.h>
#include <solv/solver.h>
#include <solv/transaction.h>
}
#undef requires
#ifdef __clang__
#pragma clang diagnostic pop
#endif
