// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kubeferry::rehearsal {

/// What process 1 of a rehearsal does: enters the copy, makes the network, runs kubeferry with the plan's arguments and
/// the units that it starts. Gives back the exit status; with this process everything of the rehearsal ends.
int process_one();

/// What the outer process says on k_control_fd when all is ready for it. What process 1 says there, each a message:
/// {"note": LINE} for the user, and at the end answer_json().
inline constexpr char k_go = 'g';

}  // namespace kubeferry::rehearsal
