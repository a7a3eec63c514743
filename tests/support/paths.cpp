#include "support/paths.h"

namespace minions::test {

std::filesystem::path shared_folder() { return MINIONS_SHARED_DIR; }
std::filesystem::path vectors_folder() { return MINIONS_TEST_VECTORS; }

}  // namespace minions::test
