#include "audit/ledger_text.h"

#include <fmt/format.h>

#include "audit/log_fields.h"

namespace minions::audit {

Result<std::string> ledger_text(std::string_view text) {
  MINIONS_TRY_ASSIGN(const Json log, parse_log(text));
  std::string out;
  std::uint64_t wire = 0;
  double share = 0;
  for (const Json& entry : list_at(log, "disclosed")) {
    wire += count_at(entry, "wire_bytes");
    if (entry.contains("share_disclosed") && entry["share_disclosed"].is_number())
      share = entry["share_disclosed"].get<double>();
    out += fmt::format("== round {}, {}: {} bytes of new text, {} bytes sent\n{}\n", count_at(entry, "round"),
                       text_at(entry, "what"), count_at(entry, "text_bytes"), count_at(entry, "wire_bytes"),
                       text_at(entry, "text"));
    for (const Json& passage : list_at(entry, "passages"))
      out += fmt::format("   quotes {} bytes of [{}, page {}]\n", count_at(passage, "bytes"),
                         text_at(passage, "document"), count_at(passage, "page"));
  }
  out += fmt::format("== {} messages, {} bytes sent, {:.2f} % of the documents' text disclosed\n",
                     list_at(log, "disclosed").size(), wire, share * 100);
  return out;
}

}  // namespace minions::audit
