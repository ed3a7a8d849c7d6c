// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/base/fd.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/rehearsal/egress.hpp>

#include "plan.hpp"

namespace kubeferry::rehearsal {

/// Makes the network of a network namespace that has nothing: loopback, and one interface with the machine's name and
/// addresses and a default route, which leads nowhere. io errors of ip(8) and iptables(8); unsupported_host when the
/// kernel has no veth interfaces.
Status make_network(const host::Host& host, const Plan& plan);

/// Listens to what goes out on that interface.
class Watch {
public:
  /// io errors of opening a packet socket.
  static Result<Watch> on(const Plan& plan);

  [[nodiscard]] int fd() const { return socket_.get(); }
  /// Counts what has come since; waits for nothing.
  void read();
  [[nodiscard]] const Egress& egress() const { return egress_; }

private:
  Watch(Fd socket, Surroundings surroundings) : socket_(std::move(socket)), surroundings_(std::move(surroundings)) {}
  Fd socket_;
  Surroundings surroundings_;
  Egress egress_;
};

}  // namespace kubeferry::rehearsal
