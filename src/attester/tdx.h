// The attester of a bare TDX guest: a quote over R, by configfs-tsm. Intel's collateral is fetched by others.
#pragma once

#include "attester/platform.h"
#include "attester/tsm.h"

namespace minions::attester {

// Each quote is read before it is served: it decodes, carries what was asked, and is of no debuggable guest unless
// `debug` allows that.
[[nodiscard]] std::unique_ptr<Attester> make_tdx_attester(TsmReports reports, DebugGuest debug);

}  // namespace minions::attester
