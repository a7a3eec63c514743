// A file's bytes, exactly as hashed, for as long as they are used: copied into memory that nobody can write any more,
// and hashed on the way. A file on disk can be written in place after it was hashed, and a mapping of it changes too.
#pragma once

#include <cstdio>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace minions::llama {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

struct SealedFile {
  File file;           // at its start; may be mapped, and then takes no memory of its own
  std::string sha256;  // hex
};

// name: for errors. kTooLarge: more than the free memory; kIo, kCancelled; kUnsupported: Linux before 5.1.
[[nodiscard]] Result<SealedFile> seal_file(std::FILE* from, const std::string& name, const std::stop_token& stop);

}  // namespace minions::llama
