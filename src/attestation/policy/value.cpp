#include "attestation/policy/value.h"

namespace minions::attestation::policy_file {

std::string Value::found() const {
  switch (node_.type()) {
    case toml::node_type::string: return shown(node_.value_or(std::string()));
    case toml::node_type::integer: return std::to_string(node_.value_or(std::int64_t{0}));
    case toml::node_type::boolean: return node_.value_or(false) ? "true" : "false";
    case toml::node_type::array: return fmt::format("an array of {}", node_.as_array()->size());
    case toml::node_type::table: return "a table";
    case toml::node_type::floating_point: return "a floating-point number";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or time";
    case toml::node_type::none: break;
  }
  return "nothing";
}

Status Value::read(Rule<bool>& rule) const {
  const auto value = node_.value_exact<bool>();
  if (!value) return wrong("true or false");
  rule = {*value, source()};
  return {};
}

Result<Rule<std::uint64_t>> Value::integer(std::uint64_t least, std::uint64_t most) const {
  const auto value = node_.value_exact<std::int64_t>();
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < least || static_cast<std::uint64_t>(*value) > most)
    return wrong(fmt::format("an integer from {} to {}", least, most));
  return Rule<std::uint64_t>{static_cast<std::uint64_t>(*value), source()};
}

Result<Rule<std::string>> Value::text(std::string_view want) const {
  auto value = node_.value_exact<std::string>();
  if (!value || value->empty()) return wrong(want);
  return Rule<std::string>{*std::move(value), source()};
}

Result<Rule<std::vector<std::string>>> Value::texts(std::string_view want) const {
  if (node_.is_string()) {
    return text(want).map([](Rule<std::string> one) {
      return Rule<std::vector<std::string>>{{one.value}, one.source};
    });
  }
  const toml::array* array = node_.as_array();
  if (array == nullptr || array->empty()) return wrong(fmt::format("{}, or an array of such", want));
  Rule<std::vector<std::string>> rule{{}, source()};
  for (const toml::node& entry : *array) {
    MINIONS_TRY_ASSIGN(Rule<std::string> one, Value(entry, name_, file_).text(want));
    rule.value.push_back(std::move(one.value));
  }
  return rule;
}

}  // namespace minions::attestation::policy_file
