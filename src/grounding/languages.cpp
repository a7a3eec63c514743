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
// Words of headings, labels and titles, which are capital there by habit: `Start Date:`, a Penalty Clause.
constexpr std::string_view kOftenCapital[] = {
    "abbreviation", "ablauf", "abschnitt", "access", "account", "accounts", "action", "actions", "activity",
    "additional", "additionally", "address", "addresses", "adresse", "agenda", "agent", "agreement", "agreements",
    "ai", "allowance", "allowed", "amount", "amounts", "analysis", "angebot", "anlage", "anmerkung", "annex",
    "annexe", "annual", "answer", "antwort", "anzahl", "appendix", "applicable", "application", "applications",
    "april", "arabic", "area", "areas", "article", "articles", "assessment", "assumptions", "attendees", "auteur",
    "author", "authority", "authors", "available", "avis", "background", "bailleur", "balance", "bank", "beginn",
    "bemerkung", "benefit", "benefits", "bericht", "beschreibung", "betrag", "board", "breach", "brief", "budget",
    "building", "business", "but", "calendar", "cancellation", "capacity", "case", "cases", "category", "cause",
    "causes", "ceo", "cfo", "chapitre", "chapter", "charge", "charges", "chart", "chinese", "city", "claim", "claims",
    "clause", "clauses", "client", "clients", "code", "commande", "commencement", "comment", "comments", "committee",
    "company", "comparison", "compensation", "completion", "component", "concerning", "conclusion", "condition",
    "conditions", "confidentiality", "consequence", "consequences", "consideration", "contact", "contacts", "context",
    "contract", "contractor", "contracts", "contrat", "contribution", "control", "cost", "costs", "council",
    "country", "court", "cout", "couts", "coverage", "covered", "cto", "currency", "current", "customer", "customers",
    "damage", "damages", "data", "date", "dates", "datum", "dauer", "deadline", "deadlines", "debut", "decision",
    "decisions", "defect", "definition", "delai", "delay", "delays", "deliveries", "delivery", "department",
    "deposit", "depot", "description", "design", "destinataire", "detail", "details", "developer", "diagnosis",
    "dimension", "dimensions", "director", "disclaimer", "discount", "donnees", "dosage", "dose", "dossier",
    "duration", "duree", "duties", "duty", "early", "echeance", "effect", "effective", "einleitung", "email",
    "employee", "employees", "employer", "end", "ende", "english", "entry", "environment", "equipment", "ergebnis",
    "ergebnisse", "error", "estimated", "etat", "event", "events", "evidence", "example", "examples", "exception",
    "exceptions", "excluded", "executive", "exemple", "expected", "expense", "expenses", "expiration", "expiry",
    "fact", "facts", "facture", "faq", "faqs", "fazit", "fee", "fees", "figure", "figures", "file", "fin", "final",
    "finally", "finance", "finances", "finding", "findings", "fine", "first", "firstly", "focus", "follow", "form",
    "formal", "format", "frage", "frais", "french", "frequency", "frist", "full", "function", "furthermore",
    "garantie", "general", "german", "gesamt", "gesamtbetrag", "given", "goal", "goals", "governing", "government",
    "grade", "group", "grund", "guarantee", "guest", "guidance", "guide", "guideline", "guidelines", "header",
    "health", "height", "hinweis", "hinweise", "history", "hohe", "holder", "hour", "hours", "however", "id",
    "illness", "impact", "implementation", "important", "included", "index", "info", "inhalt", "initial", "input",
    "inspection", "instruction", "instructions", "insurance", "insured", "interest", "introduction", "invoice",
    "involved", "issue", "issues", "item", "items", "japanese", "job", "judge", "kapitel", "key", "kosten", "kunde",
    "kundigung", "label", "landlord", "language", "last", "lastly", "late", "laufzeit", "law", "laws", "lawyer",
    "lead", "lease", "legal", "length", "letter", "level", "liability", "licence", "license", "lieu", "limit",
    "limitations", "limits", "line", "list", "listed", "loan", "local", "locataire", "location", "locations", "loyer",
    "main", "maintenance", "management", "manager", "manual", "margin", "material", "materials", "maximum", "meaning",
    "measure", "measures", "medication", "meeting", "member", "members", "mentioned", "method", "methods", "metric",
    "miete", "mieter", "milestone", "milestones", "minimum", "minute", "minutes", "misc", "model", "money", "montant",
    "month", "monthly", "months", "moreover", "nachste", "nachster", "name", "names", "national", "net", "next", "no",
    "notable", "note", "notes", "notice", "number", "numbers", "objective", "objectives", "objet", "obligation",
    "obligations", "observation", "office", "officer", "operation", "operations", "option", "options", "order",
    "orders", "organisation", "organization", "origin", "ort", "other", "outcome", "outcomes", "output", "overall",
    "overview", "owner", "page", "pages", "paragraph", "part", "participant", "participants", "parties", "partner",
    "party", "passage", "path", "patient", "payment", "payments", "pdf", "penalties", "penalty", "people",
    "percentage", "performance", "period", "periods", "permit", "permitted", "person", "phone", "place", "plan",
    "planned", "plans", "point", "points", "policy", "position", "power", "preavis", "preis", "premium", "previous",
    "price", "prices", "primary", "principal", "privacy", "prix", "problem", "problems", "procedure", "procedures",
    "process", "product", "products", "profit", "program", "programme", "prohibited", "project", "projects",
    "property", "proposal", "proposed", "provided", "provider", "provision", "provisions", "publication", "purchase",
    "purpose", "quality", "quantity", "quelle", "question", "questions", "raison", "range", "rate", "rates", "ratio",
    "reason", "reasons", "recipient", "recommendation", "recommendations", "record", "records", "reference",
    "references", "refund", "regarding", "region", "related", "relationship", "relevant", "remark", "remarks",
    "remarque", "remarques", "renewal", "rent", "repair", "repairs", "reponse", "report", "reports", "request",
    "required", "requirement", "requirements", "resource", "resources", "responsable", "response", "responsibilities",
    "responsibility", "responsible", "restriction", "restrictions", "result", "resultat", "resultats", "results",
    "resume", "revenue", "review", "right", "rights", "risk", "risks", "role", "roles", "rule", "rules", "safety",
    "salary", "sale", "sales", "scenario", "schedule", "scope", "seance", "second", "secondary", "secondly",
    "section", "sections", "security", "seite", "seller", "service", "services", "session", "severity", "shareholder",
    "signatories", "signatory", "signature", "signed", "site", "size", "societe", "software", "somme", "source",
    "sources", "spanish", "specific", "staff", "stage", "standard", "start", "statement", "statements", "status",
    "step", "steps", "stock", "storage", "strategy", "structure", "student", "subject", "subtotal", "sujet",
    "summary", "summe", "supervisor", "supplier", "support", "surface", "symptom", "symptoms", "system", "table",
    "tableau", "taille", "target", "task", "tasks", "taux", "tax", "taxes", "team", "technical", "technology",
    "teilnehmer", "telephone", "temperature", "tenant", "term", "termin", "termination", "terms", "test", "testing",
    "tests", "text", "theme", "therefore", "third", "thirdly", "timeline", "timing", "tip", "tips", "titel", "title",
    "titre", "today", "tool", "tools", "topic", "total", "training", "transport", "treatment", "type", "types",
    "unclear", "unit", "units", "unknown", "update", "updates", "url", "usage", "use", "user", "users", "valeur",
    "validity", "value", "values", "vat", "vendor", "verantwortlich", "verantwortliche", "version", "versions",
    "vertrag", "vertragsbeginn", "vertragsende", "vertragspartner", "ville", "violation", "volume", "warning",
    "warranty", "week", "weekly", "weeks", "weight", "wichtig", "wichtige", "width", "winner", "work", "worker",
    "working", "year", "yearly", "years", "yes", "zahlung", "zeitraum", "ziel", "zone", "zusammenfassung", "zweck",};
constexpr std::string_view kEnglish[] = {
    "an", "and", "are", "as", "at", "be", "because", "been", "but", "by", "can", "for", "from", "has", "have", "is", "it", "its", "may", "not", "of", "on", "or", "that",
    "the", "their", "there", "they", "this", "to", "was", "were", "when", "which", "will", "with", "would",};
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
    "no mention", "no sentence of", "nicht angegeben", "nicht erwahnt", "nicht genannt", "steht nicht", "keine angabe",
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
bool is_often_capital(std::string_view folded) { return is_in(kOftenCapital, folded); }
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
