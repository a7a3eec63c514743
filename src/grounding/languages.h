// What is particular to English, German, French and Chinese: which one a text is in, and its words that say nothing
// about its subject.
#pragma once

#include <span>

#include "grounding/tokens.h"

namespace minions::grounding {

enum class Language { kUnknown, kEnglish, kGerman, kFrench, kChinese };

// By the words that are common in each. kUnknown: too few of them, or of two languages alike.
[[nodiscard]] Language language_of(std::span<const Token> tokens);

// Articles, pronouns, prepositions, auxiliaries, of any of the languages.
[[nodiscard]] bool is_common_word(std::string_view folded);
// 1 to 12 for a month's name or its abbreviation; 0: it is none.
[[nodiscard]] unsigned month_of(std::string_view folded);
// Of labels and headings, where it is capital without being a name.
[[nodiscard]] bool is_often_capital(std::string_view folded);
[[nodiscard]] bool is_weekday(std::string_view folded);
// about, etwa, environ: what follows is rounded.
[[nodiscard]] bool is_hedge(std::string_view folded);
// Words before or behind a name: Dr., Herr, Mme, GmbH.
[[nodiscard]] bool is_title(std::string_view folded);
// A sum, a difference, a count is stated: total, zusammen, en tout.
[[nodiscard]] bool speaks_of_sums(std::string_view folded_text);
// That the documents do not say it.
[[nodiscard]] bool speaks_of_absence(std::string_view folded_text);

}  // namespace minions::grounding
