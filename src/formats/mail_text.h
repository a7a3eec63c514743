// The text of one part of a mail by its type, and how a part that is not read is named.
#pragma once

#include <cstdint>

#include "formats/mail_entity.h"
#include "formats/page_writer.h"

namespace minions::formats {

// What was guessed or replaced in the texts of a mail.
struct TextFaults {
  std::uint64_t replaced = 0;
  std::uint64_t unknown_charsets = 0;
};

enum class TextKind { kNone, kPlain, kHtml, kCalendar, kContact };
// By the type, or the file name where the type says nothing. kNone: it is not read.
[[nodiscard]] TextKind text_kind_of(const MailEntity& entity);

// The body as UTF-8 with lines that end in \n; joined where lines were wrapped for the way (RFC 3676).
[[nodiscard]] std::string utf8_of(const MailEntity& entity, TextKind kind, TextFaults& faults);
void write_text(const MailEntity& entity, TextKind kind, const std::string& utf8, PageWriter& writer);
// The text that it would write, for a comparison: no more than some thousand words.
[[nodiscard]] std::string sample_of(const MailEntity& entity, TextKind kind);

// `offer.pdf, application/pdf, 12 kB`
[[nodiscard]] std::string description_of(const MailEntity& entity);

}  // namespace minions::formats
