// SPDX-License-Identifier: Apache-2.0

// Package suite only pins the OCI distribution conformance suite (go.mod, go.sum); run.sh builds and runs it.
package suite

import _ "github.com/opencontainers/distribution-spec/conformance"
