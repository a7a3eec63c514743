#include "llama/schema_bounds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace minions::llama {
namespace {

using json = nlohmann::ordered_json;  // answers have properties in this order

constexpr std::string_view kTypes[] = {"object", "array", "string", "integer", "number", "boolean", "null"};
constexpr std::int64_t kMostInteger = std::int64_t{1} << 53;  // the range that every JSON reader supports
constexpr const char* kRoot = "root";                         // as a definition; the others are d0, d1, ...

// Characters that would end or invert a character class or a rule of the grammar.
bool is_plain(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
           std::string_view("[]\\^\"").find(c) != std::string_view::npos;
  });
}

bool has(const json& schema, std::string_view name) { return schema.find(name) != schema.end(); }

tl::unexpected<Error> malformed(const std::string& at, std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: {}", at, what));
}
tl::unexpected<Error> too_many(const std::string& at, std::uint64_t most, std::string_view what) {
  return fail(ErrorCode::kTooLarge, fmt::format("{}: over {} {}", at, most, what));
}

class Writer {
 public:
  explicit Writer(const json& root) : root_(root) {}

  Result<json> write() {
    MINIONS_TRY(count_values(root_, 1));
    name_definitions();
    json definitions = json::object();
    for (const auto& [pointer, name] : names_) {
      MINIONS_TRY_ASSIGN(definitions[name], schema(*definition_at(pointer), pointer));
      // A chain is a recursion in any code that follows it, and a circle has no end.
      if (has(definitions[name], "$ref")) return malformed(pointer, "a definition that is a reference alone");
    }
    MINIONS_TRY_ASSIGN(json out, schema(root_, "#"));
    if (refers_to_root_) {
      if (has(out, "$ref")) return malformed("#", "a definition that is a reference alone");
      definitions[kRoot] = std::move(out);
      out = json{{"$ref", fmt::format("#/$defs/{}", kRoot)}};
    }
    if (!definitions.empty()) out["$defs"] = std::move(definitions);
    return out;
  }

 private:
  // Once in total: what is only copied counts too.
  Status count_values(const json& value, std::size_t depth) {
    if (depth > kSchemaDepth) return too_many("#", kSchemaDepth, "levels");
    if (++values_ > kSchemaValues) return too_many("#", kSchemaValues, "values");
    if (!value.is_structured()) return {};
    for (const json& member : value) MINIONS_TRY(count_values(member, depth + 1));
    return {};
  }

  static Status check_name(std::string_view name, const std::string& at) {
    if (name.size() > kSchemaNameBytes) return too_many(at.substr(0, 64) + "...", kSchemaNameBytes, "bytes in a name");
    if (!is_plain(name)) return malformed(at, "a name with brackets, quotes, backslashes, ^ or control characters");
    return {};
  }

  // Rules of llama.cpp's own: a property with such a name would be read as the rule.
  static Status check_property(const std::string& name, const std::string& at) {
    constexpr std::string_view kRules[] = {"date-time",   "integral-part", "decimal-part",
                                           "date-string", "time-string",   "date-time-string"};
    std::string written;
    for (const char c : name) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      if (letter) written += c;
      if (!letter && !written.ends_with('-')) written += '-';
    }
    const bool is_rule = std::find(std::begin(kRules), std::end(kRules), written) != std::end(kRules);
    if (!name.empty() && (!is_rule || written == name)) return {};
    return malformed(at, "an empty name, or one that llama.cpp has a rule of: call it otherwise");
  }

  Result<json> schema(const json& from, const std::string& at) {
    if (at.size() > kSchemaPathBytes) return too_many(at.substr(0, 64) + "...", kSchemaPathBytes, "bytes of names");
    if (++nodes_ > kSchemaNodes) return too_many(at, kSchemaNodes, "schemas");
    if (from.is_boolean() && from.get<bool>()) return json::object();
    if (!from.is_object()) return malformed(at, "want a schema");
    if (has(from, "pattern"))
      return malformed(at + "/pattern", "this engine does not hold its answers to a regular expression; leave it out");
    if (has(from, "$ref")) return reference(from["$ref"], at + "/$ref");
    for (const char* const name : {"anyOf", "oneOf"}) {
      if (!has(from, name)) continue;
      if (has(from, "properties") || has(from, "items") || has(from, "allOf"))
        return malformed(at + '/' + name, "this engine follows alternatives alone, without properties or items beside");
      return alternatives(from[name], at + '/' + name);
    }
    if (has(from, "allOf")) return all_of(from, at);
    if (has(from, "const")) return json{{"const", from["const"]}};
    if (has(from, "enum")) {
      MINIONS_TRY(check_list(from["enum"], at + "/enum"));
      return json{{"enum", from["enum"]}};
    }
    return of_types(from, at);
  }

  static Status check_list(const json& list, const std::string& at) {
    if (!list.is_array() || list.empty()) return malformed(at, "want a list of at least one");
    if (list.size() > kSchemaEntries) return too_many(at, kSchemaEntries, "entries");
    return {};
  }

  // With names of our own: readers of schemas write several names alike, and split at slashes.
  void name_definitions() {
    for (const char* const table : {"$defs", "definitions"}) {
      const auto found = root_.find(table);
      if (found == root_.end() || !found->is_object()) continue;
      for (const auto& [name, definition] : found->items())
        names_.emplace(fmt::format("#/{}/{}", table, name), fmt::format("d{}", names_.size()));
    }
  }
  [[nodiscard]] const json* definition_at(const std::string& pointer) const {
    const std::string table = pointer.starts_with("#/$defs/") ? "$defs" : "definitions";
    return &root_.at(table).at(pointer.substr(table.size() + 3));
  }

  Result<json> reference(const json& to, const std::string& at) {
    if (to == "#") {
      refers_to_root_ = true;
      return json{{"$ref", fmt::format("#/$defs/{}", kRoot)}};
    }
    const auto name = names_.find(to.is_string() ? to.get<std::string>() : std::string());
    if (name == names_.end()) return malformed(at, "want # or #/$defs/NAME of a definition that is there");
    return json{{"$ref", "#/$defs/" + name->second}};
  }

  Result<json> list_of_schemas(const json& list, const std::string& at) {
    MINIONS_TRY(check_list(list, at));
    json out = json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      MINIONS_TRY_ASSIGN(json one, schema(list[i], fmt::format("{}/{}", at, i)));
      out.push_back(std::move(one));
    }
    return out;
  }

  Result<json> alternatives(const json& list, const std::string& at) {
    MINIONS_TRY_ASSIGN(json out, list_of_schemas(list, at));
    return json{{"anyOf", std::move(out)}};
  }

  // As generators write it around a reference that has a description.
  Result<json> all_of(const json& from, const std::string& at) {
    const json& list = from["allOf"];
    if (!list.is_array() || list.size() != 1 || has(from, "properties"))
      return malformed(at + "/allOf", "this engine follows an allOf of one schema, alone");
    return schema(list[0], at + "/allOf/0");
  }

  // One type, or an alternative for each: every other keyword belongs to one type, and is read only there.
  Result<json> of_types(const json& from, const std::string& at) {
    if (!has(from, "type")) return of_type(guessed_type(from), from, at);
    const json& type = from["type"];
    if (type.is_string()) return of_type(type.get<std::string>(), from, at);
    MINIONS_TRY(check_list(type, at + "/type"));
    json out = json::array();
    std::set<json> known;
    for (const json& one : type) {
      if (!one.is_string() || !known.insert(one).second) return malformed(at + "/type", "want types, each once");
      MINIONS_TRY_ASSIGN(json alternative, of_type(one.get<std::string>(), from, at));
      out.push_back(std::move(alternative));
    }
    return json{{"anyOf", std::move(out)}};
  }

  static std::string guessed_type(const json& from) {
    if (has(from, "properties") || (has(from, "additionalProperties") && from["additionalProperties"] != true))
      return "object";
    if (has(from, "items") || has(from, "prefixItems")) return "array";
    if (has(from, "minLength") || has(from, "maxLength") || has(from, "format")) return "string";
    return "";
  }

  Result<json> of_type(const std::string& type, const json& from, const std::string& at) {
    if (type.empty()) return json::object();
    if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes))
      return malformed(at + "/type", fmt::format("want one of {}", fmt::join(kTypes, ", ")));
    json out = {{"type", type}};
    Status done;
    if (type == "object") done = object(from, at, out);
    if (type == "array") done = array(from, at, out);
    if (type == "string") done = string(from, at, out);
    if (type == "integer") done = integer(from, at, out);
    if (!done) return fail(std::move(done).error());
    return out;
  }

  Status object(const json& from, const std::string& at, json& out) {
    std::set<std::string> required;
    if (has(from, "required") && from["required"].is_array()) {
      for (const json& name : from["required"]) {
        if (name.is_string()) required.insert(name.get<std::string>());
      }
    }
    if (has(from, "properties")) {
      if (!from["properties"].is_object()) return malformed(at + "/properties", "want schemas by name");
      std::size_t optional = 0;
      json properties = json::object();
      json listed = json::array();
      for (const auto& [name, member] : from["properties"].items()) {
        const std::string below = fmt::format("{}/properties/{}", at, name);
        MINIONS_TRY(check_name(name, below));
        MINIONS_TRY(check_property(name, below));
        MINIONS_TRY_ASSIGN(properties[name], schema(member, below));
        if (required.contains(name)) {
          listed.push_back(name);
        } else if (++optional > kSchemaOptional) {
          return too_many(at, kSchemaOptional, "properties that are not required");
        }
      }
      out["properties"] = std::move(properties);
      out["required"] = std::move(listed);
    }
    if (!has(from, "additionalProperties")) return {};
    const json& more = from["additionalProperties"];
    if (more.is_boolean()) {
      out["additionalProperties"] = more;
      return {};
    }
    MINIONS_TRY_ASSIGN(out["additionalProperties"], schema(more, at + "/additionalProperties"));
    return {};
  }

  Status array(const json& from, const std::string& at, json& out) {
    MINIONS_TRY(range(from, at, "minItems", "maxItems", out));
    const char* const name = has(from, "prefixItems") ? "prefixItems" : "items";
    if (has(from, "prefixItems") && has(from, "items") && from["items"] != false)
      return malformed(at + "/items", "this engine follows prefixItems alone");
    if (!has(from, name)) return {};
    const std::string below = fmt::format("{}/{}", at, name);
    if (from[name].is_array()) {
      MINIONS_TRY_ASSIGN(out["prefixItems"], list_of_schemas(from[name], below));
    } else {
      MINIONS_TRY_ASSIGN(out["items"], schema(from[name], below));
    }
    return {};
  }

  Status string(const json& from, const std::string& at, json& out) {
    MINIONS_TRY(range(from, at, "minLength", "maxLength", out));
    if (has(from, "format") && from["format"].is_string()) out["format"] = from["format"];
    return {};
  }

  static Status integer(const json& from, const std::string& at, json& out) {
    for (const char* const name : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}) {
      if (!has(from, name)) continue;
      const double bound = from[name].is_number() ? from[name].get<double>() : NAN;
      const bool is_minimum = std::string_view(name).ends_with("inimum");
      // The range of a type, as 64-bit generators write it: excludes no number that all readers support.
      if (is_minimum ? bound < -kMostInteger : bound > kMostInteger) continue;
      if (!(std::abs(bound) <= kMostInteger) || bound != std::floor(bound))
        return malformed(at + '/' + name, "want a whole number of at most 2^53");
      out[name] = static_cast<std::int64_t>(bound);
    }
    const auto bound = [&](const char* name, std::int64_t step, std::int64_t otherwise) {
      return has(out, name) ? out[name].get<std::int64_t>() + step : otherwise;
    };
    const std::int64_t least =
        std::max(bound("minimum", 0, -kMostInteger), bound("exclusiveMinimum", 1, -kMostInteger));
    const std::int64_t most = std::min(bound("maximum", 0, kMostInteger), bound("exclusiveMaximum", -1, kMostInteger));
    if (least > most) return malformed(at, "minimum over maximum");
    // For a single bound llama.cpp's grammar can have endless rules.
    const bool any = out.size() > 1;
    for (const char* const name : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}) out.erase(name);
    if (!any) return {};
    out["minimum"] = least;
    out["maximum"] = most;
    return {};
  }

  Status range(const json& from, const std::string& at, const char* least, const char* most, json& out) {
    for (const char* const name : {least, most}) {
      if (!has(from, name)) continue;
      if (!from[name].is_number_unsigned()) return malformed(at + '/' + name, "want a whole number, 0 or more");
      const auto wanted = from[name].get<std::uint64_t>();
      if (wanted > kSchemaCount)
        return fail(ErrorCode::kTooLarge, fmt::format("{}/{}: {}, want {} at most", at, name, wanted, kSchemaCount));
      counts_ += wanted;
      if (counts_ > kSchemaCounts)
        return too_many(at + '/' + name, kSchemaCounts, "characters and items in all counts together");
      out[name] = wanted;
    }
    // A range without an end is repeated without an end.
    if (has(out, least) && has(out, most) && out[least] > out[most])
      return malformed(at, fmt::format("{} over {}", least, most));
    return {};
  }

  const json& root_;
  std::map<std::string, std::string> names_;  // of definitions here, by pointer
  bool refers_to_root_ = false;
  std::size_t values_ = 0;
  std::size_t nodes_ = 0;
  std::uint64_t counts_ = 0;
};

}  // namespace

Result<json> bounded_schema(std::string_view schema) {
  if (schema.size() > kSchemaBytes) return fail(ErrorCode::kTooLarge, fmt::format("over {} bytes", kSchemaBytes));
  const json root = json::parse(schema, nullptr, false);
  if (root.is_discarded() || !root.is_object()) return fail(ErrorCode::kMalformed, "#: want a JSON object");
  return Writer(root).write();
}

}  // namespace minions::llama
