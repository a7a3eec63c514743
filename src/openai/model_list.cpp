#include "openai/model_list.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace minions::openai {

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
    if (const auto length = entry.find("max_model_len"); length != entry.end() && length->is_number_unsigned())
      model.context_tokens = length->get<std::uint64_t>();
  }
  return models;
}

}  // namespace minions::openai
