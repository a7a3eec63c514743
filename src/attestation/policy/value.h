// One value of a policy file and its position, for the table of keys. Private to policy*.cpp.
#pragma once

#include <fmt/format.h>

#include <toml++/toml.h>

#include "attestation/core/result.h"
#include "attestation/policy/policy.h"
#include "base/encoding.h"

namespace minions::attestation::policy_file {

// One value of the policy and its position.
class Value {
 public:
  Value(const toml::node& node, std::string name, std::string_view file)
      : node_(node), name_(std::move(name)), file_(file) {}

  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view want) const {
    return complain("want " + std::string(want), found());
  }
  [[nodiscard]] tl::unexpected<Error> complain(const std::string& want, const std::string& found) const {
    return fail(ErrorCode::kUsage, fmt::format("{} line {}: {}: {}, found {}", file_, line(), name_, want, found));
  }
  [[nodiscard]] std::string source() const { return fmt::format("policy line {}", line()); }

  [[nodiscard]] Status read(Rule<bool>& rule) const;
  [[nodiscard]] Result<Rule<std::uint64_t>> integer(std::uint64_t least, std::uint64_t most) const;
  [[nodiscard]] Result<Rule<std::string>> text(std::string_view want) const;
  // One string, or an array of at least one.
  [[nodiscard]] Result<Rule<std::vector<std::string>>> texts(std::string_view want) const;
  template <std::size_t N>
  [[nodiscard]] Result<Rule<std::vector<ByteArray<N>>>> digests() const;
  // The name's index in the list.
  template <class T>
  [[nodiscard]] Status choice(Rule<T>& rule, std::initializer_list<std::pair<std::string_view, T>> names) const;
  // Calls read for each entry of an array that has at least one.
  template <class Read>
  [[nodiscard]] Status entries(std::string_view want, const Read& read) const;
  // Calls read for each member of a table.
  template <class Read>
  [[nodiscard]] Status each(std::string_view want, const Read& read) const;
  // The same for a value, which has at least one: a rule that names nothing would be no rule.
  template <class Read>
  [[nodiscard]] Status some(std::string_view want, const Read& read) const;

 private:
  [[nodiscard]] std::uint32_t line() const { return node_.source().begin.line; }
  [[nodiscard]] std::string found() const;

  const toml::node& node_;
  std::string name_;
  std::string_view file_;
};

template <std::size_t N>
Result<Rule<std::vector<ByteArray<N>>>> Value::digests() const {
  const std::string want = fmt::format("{} hex digits", 2 * N);
  MINIONS_TRY_ASSIGN(const auto list, texts(want));
  Rule<std::vector<ByteArray<N>>> rule{{}, list.source};
  for (const std::string& hex : list.value) {
    const auto digest = exactly<N>(from_hex_any_case(hex));
    if (!digest) return complain("want " + want, shown(hex));
    rule.value.push_back(*digest);
  }
  return rule;
}

template <class T>
Status Value::choice(Rule<T>& rule, std::initializer_list<std::pair<std::string_view, T>> names) const {
  const auto value = node_.value_exact<std::string>();
  std::string want;
  for (const auto& [name, meaning] : names) {
    if (value && *value == name) {
      rule = {meaning, source()};
      return {};
    }
    want += fmt::format("{}\"{}\"", want.empty() ? "" : " or ", name);
  }
  return wrong(want);
}

template <class Read>
Status Value::entries(std::string_view want, const Read& read) const {
  const toml::array* array = node_.as_array();
  if (array == nullptr || array->empty()) return wrong(want);
  for (const toml::node& entry : *array) MINIONS_TRY(read(Value(entry, name_, file_)));
  return {};
}

template <class Read>
Status Value::each(std::string_view want, const Read& read) const {
  const toml::table* table = node_.as_table();
  if (table == nullptr) return wrong(want);
  for (const auto& [key, node] : *table) {
    MINIONS_TRY(read(std::string(key.str()), Value(node, fmt::format("{} {}", name_, shown(key.str())), file_)));
  }
  return {};
}

template <class Read>
Status Value::some(std::string_view want, const Read& read) const {
  if (const toml::table* table = node_.as_table(); table != nullptr && table->empty())
    return complain(fmt::format("want {}, with one entry at least", want), "none");
  return each(want, read);
}

}  // namespace minions::attestation::policy_file
