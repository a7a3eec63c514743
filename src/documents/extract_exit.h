// What the exit status of minions-extract means: its own codes, above those of the PDF reader it turns into.
#pragma once

namespace minions::documents {

enum class ExtractExit : int {
  kUsage = 120,
  kNoLandlock = 121,  // the kernel has none, or it is switched off
  kNoSeccomp = 122,
  kNoLimits = 123,  // setrlimit or prctl failed
  kNoReader = 124,  // pdftotext is not installed or cannot be started
};

}  // namespace minions::documents
