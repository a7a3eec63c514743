#include "openai/model_list.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace minions::openai {
namespace {

std::optional<std::uint64_t> count_at(const Json& object, const char* name) {
  const auto count = object.find(name);
  if (count == object.end() || !count->is_number_unsigned() || *count == 0) return std::nullopt;
  return count->get<std::uint64_t>();
}

std::optional<std::uint64_t> context_in(const Json& entry) {
  for (const char* name : {"max_model_len", "context_length"}) {
    if (const auto tokens = count_at(entry, name)) return tokens;
  }
  const auto meta = entry.find("meta");
  return meta != entry.end() && meta->is_object() ? count_at(*meta, "n_ctx") : std::nullopt;
}

}  // namespace

Result<std::vector<ListedModel>> parse_model_list(std::string_view body) {
  const Json list = parse_json(body);
  const auto data = list.is_object() ? list.find("data") : list.end();
  if (data == list.end() || !data->is_array()) return fail(ErrorCode::kBackend, "the server's model list is malformed");
  std::vector<ListedModel> models;
  for (const Json& entry : *data) {
    const auto id = entry.is_object() ? entry.find("id") : entry.end();
    if (id == entry.end() || !id->is_string()) continue;
    ListedModel& model = models.emplace_back();
    model.id = id->get<std::string>();
    if (const auto owner = entry.find("owned_by"); owner != entry.end() && owner->is_string())
      model.owned_by = owner->get<std::string>();
    model.context_tokens = context_in(entry);
  }
  return models;
}

}  // namespace minions::openai
