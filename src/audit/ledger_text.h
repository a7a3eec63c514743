// The ledger of a log of a run, for people: what was disclosed, message by message.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::audit {

// kMalformed: not a log of a run.
[[nodiscard]] Result<std::string> ledger_text(std::string_view log);

}  // namespace minions::audit
