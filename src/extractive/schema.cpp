#include "extractive/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "extractive/effort.h"
#include "extractive/values.h"
#include "retrieval/passage_ranker.h"
#include "retrieval/words.h"

namespace minions::extractive {
namespace {

using nlohmann::json;

constexpr int kDepthLimit = 24;      // a schema may refer to itself
constexpr int kValueLimit = 10'000;  // and three items of itself at each depth are 3^24 values
constexpr std::size_t kItems = 3;
constexpr std::size_t kEnumValues = 2'000;  // those after it are not examined, and not chosen
constexpr std::size_t kEnumQuotes = 5;

// What one value is filled from: its name, and the quotes from best to worst for it.
struct Evidence {
  std::string name;         // of the property
  std::string description;  // of the property
  std::vector<const Quote*> quotes;
};

// The words of a text, folded once.
class WordSet {
 public:
  explicit WordSet(std::string_view text) {
    retrieval::for_each_word(text, [&](std::string_view word) { words_.push_back(retrieval::folded_hash(word)); });
    std::sort(words_.begin(), words_.end());
  }
  [[nodiscard]] bool has(std::uint64_t word) const { return std::binary_search(words_.begin(), words_.end(), word); }
  // False if nothing is available.
  [[nodiscard]] bool has_all(std::span<const std::uint64_t> words) const {
    return !words.empty() && std::all_of(words.begin(), words.end(), [&](std::uint64_t word) { return has(word); });
  }

 private:
  std::vector<std::uint64_t> words_;
};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// minLength and maxLength count characters.
std::string of_length(const json& schema, std::string text) {
  const auto limit = [&](const char* name, std::size_t otherwise) {
    return schema.contains(name) && schema[name].is_number_unsigned() ? schema[name].get<std::size_t>() : otherwise;
  };
  const std::size_t most = limit("maxLength", text.size());
  std::size_t have = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (have == most) break;
    ++have;
  }
  text.resize(end);
  const std::size_t least = std::min<std::size_t>(limit("minLength", 0), 4096);
  if (have < least) text.append(least - have, ' ');
  return text;
}

bool has_value(const json& schema, const char* name, const json& value) {
  const auto member = schema.is_object() ? schema.find(name) : schema.end();
  return member != schema.end() && *member == value;
}

std::string text_of(const json& schema, const char* name) {
  const auto member = schema.is_object() ? schema.find(name) : schema.end();
  return member != schema.end() && member->is_string() ? member->get<std::string>() : std::string();
}

// The approximate memory of a copy of the value.
std::size_t bytes_of(const json& value) {
  constexpr std::size_t kBytesOfAny = 32;
  std::size_t bytes = kBytesOfAny;
  if (value.is_string()) bytes += value.get_ref<const std::string&>().size();
  if (value.is_array()) {
    for (const json& element : value) bytes += bytes_of(element);
  }
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) bytes += name.size() + bytes_of(member);
  }
  return bytes;
}

class Filler {
 public:
  Filler(const json& root, std::string_view question, std::span<const Quote> quotes, const std::function<bool()>& go_on)
      : root_(root),
        question_(question),
        question_words_(retrieval::search_words(question)),
        quotes_(quotes),
        effort_(go_on) {}

  json fill_root() {
    Evidence all;
    for (const Quote& quote : quotes_) all.quotes.push_back(&quote);
    return fill(root_, all, 0);
  }

 private:
  json fill(const json& schema, const Evidence& from, int depth) {
    if (++values_ > kValueLimit || !effort_.spend_items(1 + from.quotes.size())) return {};
    if (!schema.is_object() || depth > kDepthLimit)
      return schema.is_object() && allows_null(schema) ? json() : string_from(json::object(), from);
    if (schema.contains("$ref")) return fill(referred(schema["$ref"]), from, depth + 1);
    if (schema.contains("const")) return copied(schema["const"]);
    if (schema.contains("enum") && schema["enum"].is_array() && !schema["enum"].empty())
      return choice(schema["enum"], from);
    if (from.quotes.empty() && schema.contains("default")) return copied(schema["default"]);
    for (const char* several : {"anyOf", "oneOf"}) {
      if (schema.contains(several) && schema[several].is_array() && !schema[several].empty())
        return alternative(schema[several], from, depth);
    }
    if (schema.contains("allOf") && schema["allOf"].is_array()) return fill(merged(schema), from, depth + 1);
    if (schema.contains("type") && !effort_.spend_items(schema["type"].size())) return {};
    return of_type(type_of(schema, from), schema, from, depth);
  }

  json copied(const json& value) { return effort_.spend_copy(bytes_of(value)) ? value : json(); }
  json copied(std::string text) { return effort_.spend_copy(text.size()) ? json(std::move(text)) : json(); }

  json of_type(std::string_view type, const json& schema, const Evidence& from, int depth) {
    if (type == "object") return object_from(schema, from, depth);
    if (type == "array") return array_from(schema, from, depth);
    if (type == "integer" || type == "number") return number_from(schema, from, type == "integer");
    if (type == "boolean") return boolean_from(from);
    if (type == "null") return {};
    return string_from(schema, from);
  }

  static bool allows_null(const json& schema) {
    if (!schema.is_object() || !schema.contains("type")) return false;
    const json& type = schema["type"];
    return type == "null" || (type.is_array() && std::find(type.begin(), type.end(), "null") != type.end());
  }

  // Of several types the first that can be filled.
  static std::string type_of(const json& schema, const Evidence& from) {
    if (!schema.contains("type"))
      return schema.contains("properties") ? "object" : schema.contains("items") ? "array" : "string";
    const json& type = schema["type"];
    if (type.is_string()) return type.get<std::string>();
    if (!type.is_array()) return "string";
    if (from.quotes.empty() && allows_null(schema)) return "null";
    for (const json& one : type) {
      if (one.is_string() && one != "null") return one.get<std::string>();
    }
    return "null";
  }

  const json& referred(const json& reference) {
    static const json nothing = json::object();
    if (!reference.is_string()) return nothing;
    const auto& text = reference.get_ref<const std::string&>();
    if (!effort_.spend_items(text.size())) return nothing;
    if (text == "#") return root_;
    if (!text.starts_with("#/")) return nothing;
    try {
      const json::json_pointer pointer(text.substr(1));
      return root_.contains(pointer) ? root_.at(pointer) : nothing;
    } catch (const json::exception&) {
      return nothing;
    }
  }

  json merged(const json& schema) {
    json all = copied(schema);
    if (!all.is_object()) return all;
    all.erase("allOf");
    for (const json& part : schema["allOf"]) {
      if (!effort_.spend_items(1)) break;
      const json& resolved = part.is_object() && part.contains("$ref") ? referred(part["$ref"]) : part;
      if (!resolved.is_object() || !effort_.spend_copy(bytes_of(resolved))) continue;
      for (const auto& [key, value] : resolved.items()) {
        if (key == "required" && all.contains(key) && all[key].is_array() && value.is_array()) {
          all[key].insert(all[key].end(), value.begin(), value.end());
        } else if (all.contains(key) && all[key].is_object() && value.is_object()) {
          all[key].update(value);
        } else {
          all[key] = value;
        }
      }
    }
    return all;
  }

  json alternative(const json& alternatives, const Evidence& from, int depth) {
    if (!effort_.spend_items(alternatives.size())) return {};
    const auto is_null = [](const json& schema) { return has_value(schema, "type", "null"); };
    const auto null = std::find_if(alternatives.begin(), alternatives.end(), is_null);
    if (from.quotes.empty() && null != alternatives.end()) return {};
    const auto first = std::find_if_not(alternatives.begin(), alternatives.end(), is_null);
    return first == alternatives.end() ? json() : fill(*first, from, depth + 1);
  }

  // The value whose words appear in the best quotes; the question counts if no quote has them.
  json choice(const json& values, const Evidence& from) {
    const std::size_t looked_at = std::min(values.size(), kEnumValues);
    const json* chosen = nullptr;
    std::size_t best = std::max<std::size_t>(1, std::min(from.quotes.size(), kEnumQuotes));
    for (std::size_t i = 0; i < looked_at && best > 0; ++i) {
      if (!values[i].is_string()) continue;
      const auto& text = values[i].get_ref<const std::string&>();
      // Each of its words is looked for in each quote.
      if (!effort_.spend_items(1 + text.size())) return {};
      std::vector<std::uint64_t> words;
      retrieval::for_each_word(words_of_name(text),
                               [&](std::string_view word) { words.push_back(retrieval::folded_hash(word)); });
      std::size_t at = 0;
      while (at < best && !words_of(from, at).has_all(words)) ++at;
      if (at == best) continue;
      best = at;
      chosen = &values[i];
    }
    if (chosen != nullptr) return copied(*chosen);
    if (from.quotes.empty() && std::any_of(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(looked_at),
                                           [](const json& value) { return value.is_null(); }))
      return {};
    return copied(values.front());
  }

  // From its quote of this number, from the question if it has none.
  const WordSet& words_of(const Evidence& from, std::size_t at) {
    const Quote* const quote = from.quotes.empty() ? nullptr : from.quotes[at];
    const auto known = words_.find(quote);
    if (known != words_.end()) return known->second;
    const std::string_view text = quote == nullptr ? question_ : std::string_view(quote->text);
    return words_.emplace(quote, effort_.spend(text.size() * 16) ? text : std::string_view()).first->second;
  }

  json object_from(const json& schema, const Evidence& from, int depth) {
    json object = json::object();
    if (!schema.contains("properties") || !schema["properties"].is_object()) return object;
    const std::set<std::string_view> required = required_of(schema);
    for (const auto& [name, property] : schema["properties"].items()) {
      if (!effort_.spend_items(1)) break;
      const Evidence own = for_property(name, property, from);
      // Optional parts of a schema that contains itself would never end.
      if (required.contains(name) || (!own.quotes.empty() && depth < kDepthLimit / 4))
        object[name] = fill(property, own, depth + 1);
    }
    return object;
  }

  std::set<std::string_view> required_of(const json& schema) {
    std::set<std::string_view> names;
    if (!schema.contains("required") || !schema["required"].is_array()) return names;
    if (!effort_.spend_items(schema["required"].size() * 2)) return names;
    for (const json& name : schema["required"]) {
      if (name.is_string()) names.insert(name.get_ref<const std::string&>());
    }
    return names;
  }

  json array_from(const json& schema, const Evidence& from, int depth) {
    const auto count_of = [&](const char* name, std::size_t otherwise) {
      return schema.contains(name) && schema[name].is_number_unsigned() ? schema[name].get<std::size_t>() : otherwise;
    };
    const std::size_t least = std::min<std::size_t>(count_of("minItems", 0), 1000);
    const std::size_t most = count_of("maxItems", std::max(least, kItems));
    const json& items = schema.contains("items") ? schema["items"] : json::object();
    const bool unique = has_value(schema, "uniqueItems", true) || (items.is_object() && items.contains("enum"));
    json array = json::array();
    const std::size_t strong = std::min({most, kItems, from.quotes.size()});
    for (std::size_t i = 0; i < std::max(least, strong) && array.size() < most; ++i) {
      if (!effort_.spend(from.name.size() + from.description.size() + array.size())) break;
      Evidence one{from.name, from.description, {}};
      if (i < from.quotes.size()) one.quotes.push_back(from.quotes[i]);
      json item = fill(items, one, depth + 1);
      if (!unique || std::find(array.begin(), array.end(), item) == array.end()) array.push_back(std::move(item));
    }
    return array;
  }

  json number_from(const json& schema, const Evidence& from, bool integer) {
    const auto bound = [&](const char* name, double otherwise) {
      return schema.contains(name) && schema[name].is_number() ? schema[name].get<double>() : otherwise;
    };
    constexpr double kFar = 9e15;  // integers are exact up to here
    const double least = std::max(bound("minimum", -kFar), bound("exclusiveMinimum", -kFar - 1) + 1);
    const double most = std::min(bound("maximum", kFar), bound("exclusiveMaximum", kFar + 1) - 1);
    const auto fits = [&](double value) {
      return value >= least && value <= most && (!integer || value == std::floor(value));
    };
    const bool year = from.name.find("year") != std::string::npos;
    for (const Quote* quote : from.quotes) {
      if (!effort_.spend(quote->text.size() * 4)) return {};
      const std::vector<double> numbers = numbers_in(quote->text);
      const auto in_name = [&](double value) {
        return fits(value) && (value >= 1900 && value <= 2100 && value == std::floor(value)) == year;
      };
      auto found = std::find_if(numbers.begin(), numbers.end(), in_name);
      if (found == numbers.end()) found = std::find_if(numbers.begin(), numbers.end(), fits);
      if (found == numbers.end()) continue;
      return *found == std::floor(*found) && std::abs(*found) < kFar ? json(static_cast<std::int64_t>(*found))
                                                                     : json(*found);
    }
    const double nothing = std::clamp(0.0, std::min(least, most), most);
    return integer ? json(static_cast<std::int64_t>(std::ceil(nothing))) : json(nothing);
  }

  json boolean_from(const Evidence& from) {
    if (from.quotes.empty()) return false;
    const WordSet& words = words_of(from, 0);
    for (const std::string_view word :
         {"not", "no", "never", "none", "without", "cannot", "isn't", "wasn't", "didn't", "doesn't"}) {
      if (words.has(retrieval::folded_hash(word))) return false;
    }
    return true;
  }

  json string_from(const json& schema, const Evidence& from) {
    return copied(of_length(schema, text_for(schema, from)));
  }

  std::string text_for(const json& schema, const Evidence& from) {
    if (from.quotes.empty()) {
      // A part that passes the question on, as in a plan of tasks.
      const bool asks = is_one_of(from.name, {"message", "question", "instruction", "task", "query"});
      return asks && effort_.spend(question_.size() * 4) ? on_one_line(question_) : std::string();
    }
    const Quote& best = *from.quotes.front();
    if (has_value(schema, "format", "date")) {
      for (const Quote* quote : from.quotes) {
        if (!effort_.spend(quote->text.size() * 2)) return {};
        if (auto date = date_in(quote->text)) return *std::move(date);
      }
    }
    if (is_one_of(from.name, {"citation", "source", "quote", "evidence"})) {
      if (!effort_.spend(best.text.size() + best.place.name.size())) return {};
      const std::string place = citation(best.place);
      return fmt::format("\"{}\"{}{}", best.text, place.empty() ? "" : " ", place);
    }
    if (is_one_of(from.name, {"explanation", "reasoning", "feedback", "scratchpad"})) {
      return "extractive engine, no neural model: the sentence that has most of the question's rare words";
    }
    // In the worst case each byte of the label is compared with each of the text.
    const std::string label = words_of_name(from.name) + ":";
    const bool fits = label.size() <= best.text.size();
    if (!effort_.spend(from.name.size() * 8 + (fits ? label.size() * best.text.size() : 0))) return {};
    if (auto value = fits ? labelled_value(best.text, label) : std::nullopt) return *std::move(value);
    return best.text;
  }

  // The quotes ranked again, first by the property's name and description, then by the question.
  Evidence for_property(const std::string& name, const json& property, const Evidence& from) {
    Evidence own{name, text_of(property, "description"), {}};
    if (!effort_.spend((name.size() + own.description.size()) * 8) || from.quotes.empty()) return own;
    std::vector<retrieval::QueryWord> query;
    const auto add = [&](std::string_view words, double weight) {
      for (std::string& word : retrieval::search_words(words)) query.push_back({std::move(word), weight});
    };
    add(words_of_name(name), 2);
    add(own.description, 1);
    for (const std::string& word : question_words_) query.push_back({word, 0.5});
    std::vector<std::string_view> passages;
    std::uint64_t bytes = 0;
    for (const Quote* quote : from.quotes) bytes += passages.emplace_back(quote->text).size();
    if (!effort_.spend(bytes) || !effort_.spend_items(passages.size() + query.size() * 2)) return own;
    const std::vector<double> scores = retrieval::bm25_scores(passages, query);
    std::vector<std::size_t> order(passages.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    for (const std::size_t i : order) own.quotes.push_back(from.quotes[i]);
    return own;
  }

  const json& root_;
  std::string_view question_;
  std::vector<std::string> question_words_;
  std::span<const Quote> quotes_;
  std::map<const Quote*, WordSet> words_;  // as far as needed; of null: the question's
  Effort effort_;
  int values_ = 0;
};

void collect_words(const json& schema, std::string& to, int depth) {
  if (depth > kDepthLimit) return;
  if (schema.is_object()) {
    for (const auto& [key, value] : schema.items()) {
      if (key == "properties" && value.is_object()) {
        for (const auto& [name, property] : value.items()) to.append(words_of_name(name)).append(" ");
      }
      if (key == "description" && value.is_string()) to.append(value.get_ref<const std::string&>()).append(" ");
      collect_words(value, to, depth + 1);
    }
  } else if (schema.is_array()) {
    for (const json& element : schema) collect_words(element, to, depth + 1);
  }
}

}  // namespace

json fill_schema(const json& schema, std::string_view question, std::span<const Quote> quotes,
                 const std::function<bool()>& go_on) {
  return Filler(schema, question, quotes, go_on).fill_root();
}

std::string schema_words(const json& schema) {
  std::string words;
  collect_words(schema, words, 0);
  return words;
}

}  // namespace minions::extractive
