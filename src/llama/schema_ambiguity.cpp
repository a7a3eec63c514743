#include "llama/schema_ambiguity.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace minions::llama {
namespace {

using json = nlohmann::ordered_json;

// What a value can begin with, one bit each.
enum Start : unsigned { kBrace = 1, kBracket = 2, kQuote = 4, kDigit = 8, kTrue = 16, kFalse = 32, kNull = 64 };
constexpr unsigned kAnyStart = 127;
constexpr std::uint64_t kReadingsOfARange = 32;
constexpr std::uint64_t kReadingsOfANumber = 8;

unsigned start_of_value(const json& value) {
  if (value.is_object()) return kBrace;
  if (value.is_array()) return kBracket;
  if (value.is_string()) return kQuote;
  if (value.is_number()) return kDigit;
  if (value.is_boolean()) return value.get<bool>() ? kTrue : kFalse;
  return kNull;
}

unsigned start_of_type(const std::string& type) {
  static const std::map<std::string, unsigned> starts = {
      {"object", kBrace}, {"array", kBracket},         {"string", kQuote}, {"integer", kDigit},
      {"number", kDigit}, {"boolean", kTrue | kFalse}, {"null", kNull}};
  return starts.at(type);
}

const json* member(const json& schema, const char* name) {
  const auto found = schema.find(name);
  return found == schema.end() ? nullptr : &*found;
}

class Readings {
 public:
  explicit Readings(const json& root) : root_(root), definitions_(member(root, "$defs")) {
    if (definitions_ == nullptr) return;
    for (const auto& [name, definition] : definitions_->items()) {
      known_[name] = 1;
      starts_[name] = 0;
    }
  }

  // Of definitions within definitions: again and again, until nothing changes.
  Status check() {
    const std::size_t rounds = known_.size() + 16;
    bool changes = true;
    for (std::size_t round = 0; changes; ++round) {
      changes = false;
      if (round == rounds) return too_many();
      for (auto& [name, readings] : known_) {
        const unsigned starts = starts_of(definitions_->at(name));
        const std::uint64_t now = readings_of(definitions_->at(name));
        changes = changes || now != readings || starts != starts_[name];
        readings = now;
        starts_[name] = starts;
        if (readings > kMostReadings) return too_many();
      }
    }
    return readings_of(root_) > kMostReadings ? too_many() : Status{};
  }

 private:
  static tl::unexpected<Error> too_many() {
    return fail(ErrorCode::kTooLarge,
                fmt::format("an answer could be read in over {} ways at once: let fewer alternatives begin alike, or "
                            "begin each with a property of its own constant",
                            kMostReadings));
  }
  static std::string target(const json& schema) {
    return schema["$ref"].get<std::string>().substr(std::string_view("#/$defs/").size());
  }

  [[nodiscard]] unsigned starts_of(const json& schema) const {
    if (member(schema, "$ref") != nullptr) return starts_.at(target(schema));
    unsigned starts = 0;
    if (const json* several = member(schema, "anyOf")) {
      for (const json& one : *several) starts |= starts_of(one);
      return starts;
    }
    if (const json* value = member(schema, "const")) return start_of_value(*value);
    if (const json* values = member(schema, "enum")) {
      for (const json& one : *values) starts |= start_of_value(one);
      return starts;
    }
    const json* type = member(schema, "type");
    return type == nullptr ? kAnyStart : start_of_type(type->get<std::string>());
  }

  [[nodiscard]] std::uint64_t readings_of(const json& schema) const {
    if (member(schema, "$ref") != nullptr) return known_.at(target(schema));
    if (const json* several = member(schema, "anyOf")) return of_alternatives(*several);
    if (const json* values = member(schema, "enum")) return values->size();
    // A range of numbers is written as alternatives by their digits.
    const bool ranged = member(schema, "minimum") != nullptr || member(schema, "maximum") != nullptr ||
                        member(schema, "exclusiveMinimum") != nullptr || member(schema, "exclusiveMaximum") != nullptr;
    const json* type = member(schema, "type");
    const bool number = type != nullptr && (*type == "number" || *type == "integer");
    std::uint64_t most = ranged ? kReadingsOfARange : number ? kReadingsOfANumber : 1;
    for (const char* const name : {"items", "additionalProperties"}) {
      const json* within = member(schema, name);
      if (within != nullptr && within->is_object()) most = std::max(most, readings_of(*within));
    }
    if (const json* items = member(schema, "prefixItems")) {
      for (const json& one : *items) most = std::max(most, readings_of(one));
    }
    if (const json* properties = member(schema, "properties")) {
      const json* required = member(schema, "required");
      const std::uint64_t optional = properties->size() - (required == nullptr ? 0 : required->size());
      most = std::max(most, optional + 1);
      for (const auto& [name, one] : properties->items()) most = std::max(most, readings_of(one));
    }
    return most;
  }

  [[nodiscard]] std::uint64_t of_alternatives(const json& several) const {
    struct Alternative {
      const json* schema;
      unsigned starts;
      std::uint64_t readings;
    };
    std::vector<Alternative> all;  // each is examined once: they may have alternatives themselves
    for (const json& one : several) all.push_back({&one, starts_of(one), readings_of(one)});
    std::uint64_t most = 1;
    for (unsigned start = 1; start < kAnyStart; start <<= 1) {
      std::vector<const json*> alike;
      std::uint64_t sum = 0;
      std::uint64_t largest = 0;
      for (const Alternative& one : all) {
        if ((one.starts & start) == 0) continue;
        alike.push_back(one.schema);
        sum += one.readings;
        largest = std::max(largest, one.readings);
      }
      const bool told_apart = start == kBrace && begin_with_constants(alike);
      most = std::max(most, told_apart ? std::max<std::uint64_t>(largest, alike.size()) : sum);
    }
    return most;
  }

  // The first of the required properties, which come first, has one constant value, a different one in each.
  [[nodiscard]] bool begin_with_constants(const std::vector<const json*>& objects) const {
    std::set<std::string> firsts;
    for (const json* object : objects) {
      if (member(*object, "$ref") != nullptr) object = &definitions_->at(target(*object));
      const json* required = member(*object, "required");
      if (required == nullptr || required->empty()) return false;
      const std::string name = required->front().get<std::string>();
      const json& first = object->at("properties").at(name);
      const json* value = member(first, "const");
      if (const json* values = member(first, "enum"); values != nullptr && values->size() == 1)
        value = &values->front();
      if (value == nullptr || !firsts.insert(json{name, *value}.dump()).second) return false;
    }
    return true;
  }

  const json& root_;
  const json* definitions_;
  std::map<std::string, std::uint64_t> known_;
  std::map<std::string, unsigned> starts_;
};

}  // namespace

Status check_ambiguity(const nlohmann::ordered_json& schema) { return Readings(schema).check(); }

}  // namespace minions::llama
