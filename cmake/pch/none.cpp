// SPDX-License-Identifier: Apache-2.0
// A target must have a source; what it is for is its precompiled header.
