#include "grounding/languages.h"

#include <algorithm>
#include <array>
#include <utility>

namespace minions::grounding {
namespace {

// clang-format off
// All folded; those that are searched by is_in are sorted.
constexpr std::string_view kCommon[] = {
    "a", "ab", "aber", "about", "according", "afin", "after", "against", "ainsi", "all", "alle", "alles", "als",
    "also", "am", "an", "and", "andere", "angabe", "angegeben", "another", "answer", "antwort", "any", "anything",
    "apres", "are", "as", "at", "au", "auch", "aucun", "aucune", "auf", "aus", "aussi", "autre", "autres", "aux",
    "avant", "avec", "avoir", "back", "be", "because", "been", "before", "bei", "beim", "being", "bereits", "between",
    "beziehungsweise", "bien", "bis", "both", "but", "by", "c", "came", "can", "car", "ce", "ces", "cette", "chaque",
    "chose", "come", "comme", "could", "d", "da", "dabei", "dafur", "daher", "damit", "dann", "dans", "daran", "darf",
    "das", "dass", "davon", "day", "dazu", "de", "dem", "den", "depuis", "der", "des", "deux", "did", "die", "diese",
    "diesem", "dieser", "dit", "do", "doch", "document", "documents", "does", "doit", "doivent", "dokument",
    "dokumente", "donc", "done", "dont", "dort", "down", "drei", "du", "durch", "durfen", "during", "each", "ein",
    "eine", "einem", "einen", "einer", "eines", "einmal", "elle", "elles", "else", "en", "encore", "entre", "er",
    "erwahnt", "es", "est", "et", "etait", "ete", "etre", "etwas", "even", "every", "everything", "fait", "first",
    "for", "from", "fur", "fut", "gegen", "get", "gibt", "given", "go", "good", "great", "habe", "haben", "had",
    "has", "hat", "hatte", "have", "he", "her", "here", "hier", "him", "his", "how", "i", "ich", "if", "ihm", "ihn",
    "ihr", "ihre", "ihrem", "ihren", "ihrer", "il", "ils", "im", "immer", "in", "indique", "information", "insgesamt",
    "into", "is", "ist", "it", "its", "j", "jahr", "jahren", "jamais", "je", "jeder", "jedoch", "jetzt", "jusqu",
    "jusque", "just", "kann", "kein", "keine", "keinem", "keinen", "keiner", "know", "konnen", "l", "la", "last",
    "laut", "le", "les", "leur", "leurs", "life", "like", "little", "long", "lors", "lorsque", "lui", "m", "ma",
    "made", "mais", "make", "man", "many", "may", "me", "mehr", "meme", "men", "mentioned", "mentionne", "mes",
    "might", "mit", "moins", "mon", "more", "most", "mr", "much", "muss", "mussen", "must", "my", "n", "nach", "ne",
    "need", "needed", "needs", "neue", "never", "new", "nicht", "nichts", "nie", "no", "noch", "nos", "not",
    "nothing", "notre", "nous", "now", "nur", "oder", "of", "off", "old", "on", "one", "only", "ont", "or", "other",
    "ou", "our", "out", "over", "own", "par", "pas", "pendant", "people", "per", "personne", "peut", "plus", "pour",
    "precise", "pro", "provided", "qu", "quand", "que", "quel", "quelle", "quelles", "quelque", "quelques", "quels",
    "qui", "reponse", "rien", "right", "s", "sa", "sagte", "said", "same", "sans", "say", "says", "schon", "se",
    "see", "seen", "sei", "sein", "seine", "seinen", "seiner", "seit", "selon", "ses", "shall", "she", "should", "si",
    "sich", "sie", "since", "sind", "so", "soll", "sollen", "sollte", "some", "something", "son", "sont", "sous",
    "sowie", "specified", "state", "stated", "states", "stating", "steht", "still", "such", "sur", "t", "take", "te",
    "text", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "three",
    "through", "time", "to", "too", "tous", "tout", "toute", "toutes", "tres", "tu", "two", "uber", "um", "un", "und",
    "under", "une", "unter", "until", "up", "upon", "us", "used", "very", "vom", "von", "vor", "vos", "votre", "vous",
    "wann", "war", "warum", "was", "way", "we", "welche", "welcher", "welches", "well", "wenn", "wer", "werden",
    "were", "what", "when", "where", "whether", "which", "while", "who", "wie", "wieder", "will", "wir", "wird",
    "with", "within", "without", "wo", "wollte", "worden", "work", "world", "would", "wurde", "wurden", "y", "year",
    "years", "you", "your", "zu", "zum", "zur", "zwei", "zwischen",};
constexpr std::string_view kEnglish[] = {
    "an", "and", "are", "at", "be", "been", "by", "for", "from", "has", "have", "is", "it", "not", "of", "on", "that",
    "the", "their", "there", "they", "this", "to", "was", "were", "which", "will", "with", "would",};
constexpr std::string_view kGerman[] = {
    "am", "auf", "aus", "bei", "das", "dass", "den", "der", "des", "die", "durch", "ein", "eine", "einem", "einen",
    "einer", "im", "ist", "mit", "nach", "nicht", "oder", "sich", "sind", "und", "von", "werden", "wird", "wurde",
    "zu", "zum", "zur",};
constexpr std::string_view kFrench[] = {
    "au", "aux", "avec", "ce", "cette", "dans", "des", "du", "est", "et", "il", "la", "le", "les", "leur", "ont",
    "par", "pas", "plus", "pour", "que", "qui", "ses", "sont", "sur", "une",};
constexpr std::string_view kWeekdays[] = {
    "dienstag", "dimanche", "donnerstag", "freitag", "fri", "friday", "jeudi", "lundi", "mardi", "mercredi",
    "mittwoch", "mon", "monday", "montag", "samedi", "samstag", "sat", "saturday", "sonnabend", "sonntag", "sun",
    "sunday", "thu", "thursday", "tue", "tuesday", "vendredi", "wed", "wednesday",};
constexpr std::string_view kHedges[] = {
    "about", "almost", "approx", "approximately", "approximativement", "around", "ca", "circa", "environ", "etwa",
    "fast", "gut", "knapp", "nearly", "over", "pres", "presque", "quasiment", "quelque", "quelques", "roughly",
    "rund", "some", "under", "ungefahr", "vers", "\xE5\xA4\xA7\xE7\xBA\xA6", "\xE7\xBA\xA6", "\xE8\xBF\x91",};
constexpr std::string_view kTitles[] = {
    "captain", "dame", "docteur", "doctor", "dr", "frau", "herr", "herrn", "judge", "madame", "maitre", "me", "mlle",
    "mme", "monsieur", "mr", "mrs", "ms", "pr", "prof", "professor", "sir",};
constexpr std::string_view kSums[] = {
    "total", "altogether", "in all", "sum of", "combined", "together", "difference", "average", "on average",
    "more than the", "less than the", "remaining", "insgesamt", "zusammen", "summe", "gesamt", "differenz",
    "durchschnitt", "ubrig", "au total", "en tout", "somme", "ensemble", "difference", "moyenne", "reste",
    "\xE5\x85\xB1", "\xE6\x80\xBB", "\xE5\x90\x88\xE8\xAE\xA1", "\xE6\x80\xBB\xE8\xAE\xA1",
    "\xE7\x9B\xB8\xE5\xB7\xAE", "\xE5\xB9\xB3\xE5\x9D\x87", "\xE4\xB8\x80\xE5\x85\xB1", "solde", "balance", "left to",
    "outstanding", "verbleib", "bleiben", "restlich", "\xE5\x89\xA9", "\xE4\xBD\x99\xE9\xA2\x9D", "\xE5\xB7\xAE",};
constexpr std::string_view kAbsence[] = {
    "not stated", "not state", "not say", "no information", "not mention", "not specif", "not given", "not indicate",
    "not contain", "not provide", "does not appear", "not disclosed", "not clear from", "cannot be found",
    "no mention", "nicht angegeben", "nicht erwahnt", "nicht genannt", "steht nicht", "keine angabe",
    "keine information", "nicht hervor", "geht nicht", "sagt nichts", "nichts dazu", "enthalt keine",
    "enthalten keine", "macht keine", "nicht aufgefuhrt", "n'est pas indiqu", "n'est pas precis",
    "n'est pas mentionn", "ne dit pas", "ne precise pas", "ne mentionne pas", "n'indique pas", "aucune information",
    "aucune mention", "ne figure pas", "ne contient pas", "ne donne pas", "\xE6\x9C\xAA\xE6\x8F\x90\xE5\x8F\x8A",
    "\xE6\xB2\xA1\xE6\x9C\x89\xE8\xAF\xB4\xE6\x98\x8E", "\xE6\x9C\xAA\xE8\xAF\xB4\xE6\x98\x8E",
    "\xE6\xB2\xA1\xE6\x9C\x89\xE6\x8F\x90\xE5\x88\xB0", "\xE6\x9C\xAA\xE6\xB3\xA8\xE6\x98\x8E",
    "\xE6\xB2\xA1\xE6\x9C\x89\xE6\x8F\x90\xE5\x8F\x8A", "\xE6\x9C\xAA\xE6\x8F\x90\xE5\x88\xB0",
    "\xE6\xB2\xA1\xE6\x9C\x89\xE5\x86\x99", "\xE6\x9C\xAA\xE5\x86\x99\xE6\x98\x8E",
    "\xE6\xB2\xA1\xE6\x9C\x89\xE7\xBB\x99\xE5\x87\xBA", "\xE6\x9C\xAA\xE7\xBB\x99\xE5\x87\xBA",
    "\xE6\xB2\xA1\xE6\x9C\x89\xE8\xAE\xB0\xE8\xBD\xBD",};

constexpr std::pair<std::string_view, unsigned> kMonths[] = {
    {"aout", 8}, {"apr", 4}, {"april", 4}, {"aug", 8}, {"august", 8}, {"avr", 4}, {"avril", 4}, {"dec", 12},
    {"december", 12}, {"decembre", 12}, {"dez", 12}, {"dezember", 12}, {"feb", 2}, {"febr", 2}, {"februar", 2},
    {"february", 2}, {"fev", 2}, {"fevr", 2}, {"fevrier", 2}, {"jan", 1}, {"janner", 1}, {"januar", 1},
    {"january", 1}, {"janv", 1}, {"janvier", 1}, {"juil", 7}, {"juillet", 7}, {"juin", 6}, {"jul", 7}, {"juli", 7},
    {"july", 7}, {"jun", 6}, {"june", 6}, {"juni", 6}, {"mai", 5}, {"mar", 3}, {"march", 3}, {"mars", 3}, {"marz", 3},
    {"may", 5}, {"mrz", 3}, {"nov", 11}, {"november", 11}, {"novembre", 11}, {"oct", 10}, {"october", 10},
    {"octobre", 10}, {"okt", 10}, {"oktober", 10}, {"sep", 9}, {"sept", 9}, {"september", 9}, {"septembre", 9},};
// clang-format on

template <std::size_t N>
bool is_in(const std::string_view (&sorted)[N], std::string_view word) {
  return std::binary_search(std::begin(sorted), std::end(sorted), word);
}

template <std::size_t N>
bool has_any(const std::string_view (&words)[N], std::string_view text) {
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

Language language_of(std::span<const Token> tokens) {
  std::size_t words = 0;
  std::size_t han = 0;
  std::array<std::size_t, 3> hits{};
  for (const Token& token : tokens) {
    if (token.kind == Token::Kind::kHan) ++han;
    if (token.kind != Token::Kind::kWord) continue;
    ++words;
    hits[0] += static_cast<std::size_t>(is_in(kEnglish, token.text));
    hits[1] += static_cast<std::size_t>(is_in(kGerman, token.text));
    hits[2] += static_cast<std::size_t>(is_in(kFrench, token.text));
  }
  if (han > 3 && han * 2 > words) return Language::kChinese;
  const std::size_t best = static_cast<std::size_t>(std::max_element(hits.begin(), hits.end()) - hits.begin());
  std::size_t second = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (i != best) second = std::max(second, hits[i]);
  }
  if (hits[best] == 0 || hits[best] * 12 < words || hits[best] <= second) return Language::kUnknown;
  constexpr Language kLanguages[] = {Language::kEnglish, Language::kGerman, Language::kFrench};
  return kLanguages[best];
}

bool is_common_word(std::string_view folded) { return is_in(kCommon, folded); }
bool is_weekday(std::string_view folded) { return is_in(kWeekdays, folded); }
bool is_hedge(std::string_view folded) { return is_in(kHedges, folded); }
bool is_title(std::string_view folded) { return is_in(kTitles, folded); }
bool speaks_of_sums(std::string_view folded_text) { return has_any(kSums, folded_text); }
bool speaks_of_absence(std::string_view folded_text) { return has_any(kAbsence, folded_text); }

unsigned month_of(std::string_view folded) {
  const auto found =
      std::find_if(std::begin(kMonths), std::end(kMonths), [&](const auto& one) { return one.first == folded; });
  return found == std::end(kMonths) ? 0 : found->second;
}

}  // namespace minions::grounding
