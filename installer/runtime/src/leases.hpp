// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/host/host.hpp>
#include <kubeferry/runtime/images.hpp>

namespace kubeferry::runtime {

/// Takes away the leases of pulls and imports that an earlier life of containerd (SIGKILL, power cut) did not end, and
/// with them what nothing else refers to. They would keep, for a day, content and unpacked layers that are in
/// containerd's database and not, or not whole, on the disk; a pull would take them for good. Leases made since
/// containerd started, and those that never end, stay. Does nothing without client.ctr or without a socket. io errors
/// of ctr.
Status drop_leases_of_the_dead(const host::Host& host, const CriClient& client);

}  // namespace kubeferry::runtime
