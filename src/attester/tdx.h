// The attester of a bare TDX guest: a quote over R, through configfs-tsm. Others fetch Intel's collateral.
#pragma once

#include "attester/platform.h"
#include "attester/tsm.h"

namespace minions::attester {

// Each quote is checked before it is served: it decodes, carries what was requested, and is not of a debuggable guest
// unless `debug` allows that.
[[nodiscard]] std::unique_ptr<Attester> make_tdx_attester(TsmReports reports, DebugGuest debug);

}  // namespace minions::attester
