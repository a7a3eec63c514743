// Rules of a policy as text, in the wording of a policy file.
#pragma once

#include "attestation/policy/policy.h"

namespace minions::attestation {

// Collects RuleText; each add() follows a begin(). A map gives one line per entry, named TABLE KEY.ENTRY.
class RuleWriter {
 public:
  void begin(std::string_view table, std::string_view key);

  void add(const Rule<bool>& rule);
  void add(const Rule<std::uint64_t>& rule);
  void add(const Rule<std::string>& rule);
  void add(const Rule<std::vector<std::string>>& rule);
  template <std::size_t N>
  void add(const Rule<std::vector<ByteArray<N>>>& rule) {
    std::vector<std::string> hex;
    for (const auto& value : rule.value) hex.push_back(hex_of(value));
    add(Rule<std::vector<std::string>>{std::move(hex), rule.source});
  }
  void add(const Rule<RimMode>& rule);
  void add(const Rule<OcspMode>& rule);
  void add(const Rule<CrlMode>& rule);
  void add(const Rule<TokenMode>& rule);
  void add(const Rule<TlsMode>& rule);
  void add(const Rule<FreshnessMode>& rule);
  void add(const Rule<Suite>& rule);
  void add(const Rule<VerdictClass>& rule);
  void add(const Rule<Covers>& rule);
  void add(const Rule<AuthorKeyMode>& rule);
  void add(const Rule<std::vector<TdPlatform>>& rule);
  template <std::size_t N>
  void add(const Rule<ByteArray<N>>& rule) {
    add(Rule<std::string>{hex_of(rule.value), rule.source});
  }
  template <class T>
  void add(const OptionalRule<T>& rule) {
    rule ? add(*rule) : add_unset();
  }
  template <class Key, class T, class Order>
  void add(const std::map<Key, Rule<T>, Order>& rules) {
    if (rules.empty()) add_unset();
    const std::string name = name_;
    for (const auto& [key, rule] : rules) {
      name_ = name + (name.back() == ' ' ? "" : ".") + entry_name(key);
      add(rule);
    }
    name_ = name;
  }

  [[nodiscard]] std::vector<RuleText> take() && { return std::move(rules_); }

 private:
  static std::string hex_of(ByteView bytes);
  static std::string entry_name(std::uint8_t index) { return std::to_string(index); }
  static std::string entry_name(const std::string& name);
  void add_unset();
  void add_text(std::string value, const std::string& source);

  std::string name_;
  std::vector<RuleText> rules_;
};

[[nodiscard]] std::string_view name_of(RimMode mode);
[[nodiscard]] std::string_view name_of(OcspMode mode);
[[nodiscard]] std::string_view name_of(CrlMode mode);
[[nodiscard]] std::string_view name_of(TokenMode mode);
[[nodiscard]] std::string_view name_of(TlsMode mode);
[[nodiscard]] std::string_view name_of(FreshnessMode mode);
[[nodiscard]] std::string_view name_of(Covers covers);
[[nodiscard]] std::string_view name_of(AuthorKeyMode mode);

}  // namespace minions::attestation
