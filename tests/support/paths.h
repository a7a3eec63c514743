// Where tests find their data. The paths are compiled into one small file, so that the objects of all others are the
// same in every clone and come from the compiler cache.
#pragma once

#include <filesystem>

namespace minions::test {

// Third-party vectors and evidence; may not be there.
[[nodiscard]] std::filesystem::path shared_folder();
// Our own vectors, part of the project.
[[nodiscard]] std::filesystem::path vectors_folder();

}  // namespace minions::test
