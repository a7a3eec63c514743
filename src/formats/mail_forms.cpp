#include "formats/mail_forms.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxWords = 50000;
constexpr std::size_t kFewWords = 60;  // that a request for another program takes
constexpr double kCovered = 0.75;
constexpr double kDiffers = 0.5;

using Words = std::vector<std::string>;

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Lower-case words, each once; of scripts without blanks each character. Addresses are passed over, which the rich form
// hides, and so are no-break spaces.
Words words_of(std::string_view text) {
  Words words;
  std::unordered_set<std::string> seen;
  const auto add = [&](std::string word) {
    if (!word.empty() && seen.insert(word).second) words.push_back(std::move(word));
  };
  std::string word;
  for (std::size_t i = 0; i < text.size() && words.size() < kMaxWords; ++i) {
    const std::string_view rest = text.substr(i);
    if (word.empty() && (rest.starts_with("http://") || rest.starts_with("https://"))) {
      i += std::min(rest.find_first_of(" \t\r\n>)"), rest.size()) - 1;
    } else if (rest.starts_with("\xC2\xA0")) {
      add(std::exchange(word, {}));
      ++i;
    } else if (rest.starts_with("\xE2\x80")) {  // quotation marks, dashes
      add(std::exchange(word, {}));
      i += 2;
    } else if (static_cast<unsigned char>(text[i]) >= 0xE3 && rest.size() >= 3) {
      add(std::exchange(word, {}));
      add(std::string(rest.substr(0, 3)));
      i += 2;
    } else if (is_word_byte(text[i])) {
      word += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    } else {
      add(std::exchange(word, {}));
    }
  }
  add(std::move(word));
  return words;
}

double share(const Words& of, const Words& in) {
  if (of.empty()) return 1;
  const std::unordered_set<std::string> known(in.begin(), in.end());
  const auto found = std::count_if(of.begin(), of.end(), [&](const std::string& word) { return known.contains(word); });
  return static_cast<double>(found) / static_cast<double>(of.size());
}

// A few words about the program that reads the mail, in any of the larger languages.
bool asks_for_another_program(const Words& words) {
  if (words.size() > kFewWords) return false;
  constexpr std::string_view kStarts[] = {
      "html",       "mime",       "multipart", "browser",    "viewer",       "webversion",  "webversie",
      "webversjon", "navigat",    "naveg",     "webbrowser", "mailclient",   "mailprogram", "messagerie",
      "correo",     "nettleser",  "selain",    "tarayıcı",   "браузер",      "броузер",     "przeglądar",
      "prohlížeč",  "prehliadač", "böngésző",  "webbläsar",  "onlineversion"};
  const auto is_such = [&](const std::string& word) {
    return std::any_of(std::begin(kStarts), std::end(kStarts), [&](auto start) { return word.starts_with(start); });
  };
  if (std::any_of(words.begin(), words.end(), is_such)) return true;
  // "browser" of languages without blanks: ブラウザ, 浏览, 瀏覽.
  const auto has = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
  return (has("ブ") && has("ラ") && has("ザ")) || (has("浏") && has("览")) || (has("瀏") && has("覽"));
}

}  // namespace

Form best_form(std::string_view plain, std::string_view rich) {
  constexpr std::size_t kSomeWords = 5;
  const Words plain_words = words_of(plain);
  const Words rich_words = words_of(rich);
  if (plain_words.empty() && !rich_words.empty()) return Form::kRich;
  const double covered = share(rich_words, plain_words);
  if (covered >= kCovered) return Form::kPlain;
  if (asks_for_another_program(plain_words)) return Form::kRich;
  const bool says_more = plain_words.size() > kFewWords && share(plain_words, rich_words) < kDiffers;
  if (plain_words.size() < rich_words.size()) return says_more ? Form::kBoth : Form::kRich;
  return rich_words.size() >= kSomeWords && covered < kDiffers ? Form::kBoth : Form::kPlain;
}

}  // namespace minions::formats
