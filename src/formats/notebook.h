// Jupyter notebooks: the cells in their order, with the text of their outputs. Pictures, HTML and widgets are counted,
// never written.
#pragma once

#include "formats/page_writer.h"

namespace minions::formats {

// kDamaged: not JSON, or without cells (nbformat 3 and 4).
[[nodiscard]] Read<void> write_notebook(std::string_view utf8, PageWriter& writer);

}  // namespace minions::formats
