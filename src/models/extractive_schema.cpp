#include "models/extractive_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "retrieval/passage_ranker.h"
#include "retrieval/words.h"

namespace minions::models {
namespace {

using nlohmann::json;

constexpr int kDepthLimit = 24;      // a schema may refer to itself
constexpr int kValueLimit = 10'000;  // and three items of itself at each depth are 3^24 values
constexpr std::size_t kItems = 3;

// What one value is filled from: its name, and the quotes from best to worst for it.
struct Evidence {
  std::string name;         // of the property
  std::string description;  // of the property
  std::vector<const Quote*> quotes;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string words_of_name(std::string_view name) {
  std::string words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool hump = i > 0 && c >= 'A' && c <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (hump || c == '_' || c == '-') words += ' ';
    if (c != '_' && c != '-') words += c;
  }
  return words;
}

// "1,234.5" as 1234.5; nothing where digits belong to a word ("Q3", "3rd").
std::optional<double> number_at(std::string_view text, std::size_t& at) {
  const bool inside_word =
      at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '_');
  std::string digits;
  if (at > 0 && text[at - 1] == '-' && (at == 1 || text[at - 2] == ' ' || text[at - 2] == '(')) digits = "-";
  for (; at < text.size(); ++at) {
    const bool next_is_digit = at + 1 < text.size() && is_digit(text[at + 1]);
    if (is_digit(text[at]) || (text[at] == '.' && next_is_digit)) {
      digits += text[at];
    } else if (text[at] != ',' || !next_is_digit) {
      break;
    }
  }
  if (inside_word || (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0)) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::vector<double> numbers_in(std::string_view text) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
    } else if (const auto number = number_at(text, at)) {
      numbers.push_back(*number);
    }
  }
  return numbers;
}

// 2021-09-21 as it stands.
std::optional<std::string> date_in(std::string_view text) {
  for (std::size_t at = 0; at + 10 <= text.size(); ++at) {
    const std::string_view date = text.substr(at, 10);
    bool fits = true;
    for (std::size_t i = 0; i < 10; ++i) fits = fits && (i == 4 || i == 7 ? date[i] == '-' : is_digit(date[i]));
    if (fits) return std::string(date);
  }
  return std::nullopt;
}

bool contains_word(std::string_view text, std::string_view wanted) {
  bool found = false;
  const std::string form = retrieval::folded(wanted);
  retrieval::for_each_word(text, [&](std::string_view word) { found = found || retrieval::folded(word) == form; });
  return found;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "Revenue: 4.2 million; cost ..." for "revenue" is "4.2 million".
std::optional<std::string> labelled_value(std::string_view text, std::string_view name) {
  const std::string label = words_of_name(name) + ":";
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  const auto at = std::search(text.begin(), text.end(), label.begin(), label.end(), same);
  if (at == text.end()) return std::nullopt;
  std::string_view value = text.substr(static_cast<std::size_t>(at - text.begin()) + label.size());
  value = value.substr(0, value.find_first_of(";|"));
  if (value.ends_with('.')) value.remove_suffix(1);
  std::string line = on_one_line(value);
  if (line.empty()) return std::nullopt;
  return line;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// minLength and maxLength count characters.
std::string of_length(const json& schema, std::string text) {
  const auto limit = [&](const char* name, std::size_t otherwise) {
    return schema.contains(name) && schema[name].is_number_unsigned() ? schema[name].get<std::size_t>() : otherwise;
  };
  while (characters(text) > limit("maxLength", text.size())) {
    do {
      text.pop_back();
    } while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
  }
  const std::size_t least = std::min<std::size_t>(limit("minLength", 0), 4096);
  for (std::size_t have = characters(text); have < least; ++have) text += ' ';
  return text;
}

class Filler {
 public:
  Filler(const json& root, std::string_view question, std::span<const Quote> quotes)
      : root_(root), question_(question), quotes_(quotes) {}

  json fill_root() {
    Evidence all;
    for (const Quote& quote : quotes_) all.quotes.push_back(&quote);
    return fill(root_, all, 0);
  }

 private:
  json fill(const json& schema, const Evidence& from, int depth) {
    if (++values_ > kValueLimit) return {};
    if (!schema.is_object() || depth > kDepthLimit)
      return schema.is_object() && allows_null(schema) ? json() : string_from(json::object(), from);
    if (schema.contains("$ref")) return fill(referred(schema["$ref"]), from, depth + 1);
    if (schema.contains("const")) return schema["const"];
    if (schema.contains("enum") && schema["enum"].is_array() && !schema["enum"].empty())
      return choice(schema["enum"], from);
    if (from.quotes.empty() && schema.contains("default")) return schema["default"];
    for (const char* several : {"anyOf", "oneOf"}) {
      if (schema.contains(several) && schema[several].is_array() && !schema[several].empty())
        return alternative(schema[several], from, depth);
    }
    if (schema.contains("allOf") && schema["allOf"].is_array()) return fill(merged(schema), from, depth + 1);
    return of_type(type_of(schema, from), schema, from, depth);
  }

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

  // Of several types the first that there is something to fill with.
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

  const json& referred(const json& reference) const {
    static const json nothing = json::object();
    if (!reference.is_string()) return nothing;
    const auto& text = reference.get_ref<const std::string&>();
    if (text == "#") return root_;
    if (!text.starts_with("#/")) return nothing;
    try {
      const json::json_pointer pointer(text.substr(1));
      return root_.contains(pointer) ? root_.at(pointer) : nothing;
    } catch (const json::exception&) {
      return nothing;
    }
  }

  json merged(const json& schema) const {
    json all = schema;
    all.erase("allOf");
    for (const json& part : schema["allOf"]) {
      const json& resolved = part.is_object() && part.contains("$ref") ? referred(part["$ref"]) : part;
      if (!resolved.is_object()) continue;
      for (const auto& [key, value] : resolved.items()) {
        if (key == "required" && all.contains(key)) {
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
    const auto is_null = [](const json& schema) {
      return schema.is_object() && schema.value("type", json()) == "null";
    };
    const auto null = std::find_if(alternatives.begin(), alternatives.end(), is_null);
    if (from.quotes.empty() && null != alternatives.end()) return {};
    const auto first = std::find_if_not(alternatives.begin(), alternatives.end(), is_null);
    return first == alternatives.end() ? json() : fill(*first, from, depth + 1);
  }

  // The value whose words the best quotes have; the question counts where no quote does.
  json choice(const json& values, const Evidence& from) const {
    for (const Quote* quote : from.quotes) {
      for (const json& value : values) {
        if (value.is_string() && has_all_words(quote->text, value.get_ref<const std::string&>())) return value;
      }
      if (quote != from.quotes[std::min<std::size_t>(from.quotes.size() - 1, 4)]) continue;
      break;
    }
    for (const json& value : values) {
      if (value.is_string() && from.quotes.empty() && has_all_words(question_, value.get_ref<const std::string&>()))
        return value;
    }
    if (from.quotes.empty() && std::find(values.begin(), values.end(), json()) != values.end()) return {};
    return values.front();
  }

  static bool has_all_words(std::string_view text, std::string_view words) {
    bool all = true;
    bool any = false;
    retrieval::for_each_word(words_of_name(words), [&](std::string_view word) {
      any = true;
      all = all && contains_word(text, word);
    });
    return any && all;
  }

  json object_from(const json& schema, const Evidence& from, int depth) {
    json object = json::object();
    if (!schema.contains("properties") || !schema["properties"].is_object()) return object;
    for (const auto& [name, property] : schema["properties"].items()) {
      const Evidence own = for_property(name, property, from);
      const bool required =
          schema.contains("required") &&
          std::find(schema["required"].begin(), schema["required"].end(), name) != schema["required"].end();
      // Optional parts of a schema that nests itself would never end.
      if (required || (!own.quotes.empty() && depth < kDepthLimit / 4)) object[name] = fill(property, own, depth + 1);
    }
    return object;
  }

  json array_from(const json& schema, const Evidence& from, int depth) {
    const auto count_of = [&](const char* name, std::size_t otherwise) {
      return schema.contains(name) && schema[name].is_number_unsigned() ? schema[name].get<std::size_t>() : otherwise;
    };
    const std::size_t least = std::min<std::size_t>(count_of("minItems", 0), 1000);
    const std::size_t most = count_of("maxItems", std::max(least, kItems));
    const json& items = schema.contains("items") ? schema["items"] : json::object();
    const bool unique =
        schema.value("uniqueItems", json(false)) == true || (items.is_object() && items.contains("enum"));
    json array = json::array();
    const std::size_t strong = std::min({most, kItems, from.quotes.size()});
    for (std::size_t i = 0; i < std::max(least, strong) && array.size() < most; ++i) {
      Evidence one{from.name, from.description, {}};
      if (i < from.quotes.size()) one.quotes.push_back(from.quotes[i]);
      json item = fill(items, one, depth + 1);
      if (!unique || std::find(array.begin(), array.end(), item) == array.end()) array.push_back(std::move(item));
    }
    return array;
  }

  static json number_from(const json& schema, const Evidence& from, bool integer) {
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

  static json boolean_from(const Evidence& from) {
    if (from.quotes.empty()) return false;
    const std::string_view text = from.quotes.front()->text;
    for (const std::string_view word :
         {"not", "no", "never", "none", "without", "cannot", "isn't", "wasn't", "didn't", "doesn't"}) {
      if (contains_word(text, word)) return false;
    }
    return true;
  }

  json string_from(const json& schema, const Evidence& from) const {
    if (from.quotes.empty()) {
      // A part that passes the question on, as in a plan of tasks.
      const bool asks = is_one_of(from.name, {"message", "question", "instruction", "task", "query"});
      return of_length(schema, asks ? on_one_line(question_) : std::string());
    }
    const Quote& best = *from.quotes.front();
    if (schema.value("format", json()) == "date") {
      for (const Quote* quote : from.quotes) {
        if (auto date = date_in(quote->text)) return *date;
      }
    }
    if (is_one_of(from.name, {"citation", "source", "quote", "evidence"})) {
      const std::string place = citation(best.place);
      return of_length(schema, fmt::format("\"{}\"{}{}", best.text, place.empty() ? "" : " ", place));
    }
    if (is_one_of(from.name, {"explanation", "reasoning", "feedback", "scratchpad"})) {
      return of_length(schema,
                       "extractive engine, no neural model: the sentence that has most of the question's rare words");
    }
    if (auto value = labelled_value(best.text, from.name)) return of_length(schema, *std::move(value));
    return of_length(schema, best.text);
  }

  // The quotes ranked anew, by the property's name and description first and the question second.
  Evidence for_property(const std::string& name, const json& property, const Evidence& from) const {
    Evidence own{name, property.is_object() ? property.value("description", std::string()) : std::string(), {}};
    std::vector<retrieval::QueryWord> query;
    const auto add = [&](std::string_view words, double weight) {
      for (std::string& word : retrieval::search_words(words)) query.push_back({std::move(word), weight});
    };
    add(words_of_name(name), 2);
    add(own.description, 1);
    add(question_, 0.5);
    std::vector<std::string_view> passages;
    for (const Quote* quote : from.quotes) passages.push_back(quote->text);
    const std::vector<double> scores = retrieval::bm25_scores(passages, query);
    std::vector<std::size_t> order(passages.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    for (const std::size_t i : order) own.quotes.push_back(from.quotes[i]);
    return own;
  }

  const json& root_;
  std::string_view question_;
  std::span<const Quote> quotes_;
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

json fill_schema(const json& schema, std::string_view question, std::span<const Quote> quotes) {
  return Filler(schema, question, quotes).fill_root();
}

std::string schema_words(const json& schema) {
  std::string words;
  collect_words(schema, words, 0);
  return words;
}

}  // namespace minions::models
