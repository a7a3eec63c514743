// `minions verify --manifest`: appraises every case of an evidence manifest and its mutations, and compares the
// verdicts and the group of the first failing check with what the manifest says.
#pragma once

#include <string>

#include "exit_code.h"

namespace minions::app {

// manifest: of the format "evidence-fixtures/1"; its files lie beside it. One line for each case on standard output,
// and a closing count. kOk only if all agree, else kRefused.
ExitCode replay_manifest(const std::string& manifest);

}  // namespace minions::app
