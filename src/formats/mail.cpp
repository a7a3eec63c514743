#include "formats/mail.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "formats/charset.h"
#include "formats/mail_coding.h"
#include "formats/mail_forms.h"
#include "formats/mail_text.h"
#include "formats/mailbox.h"

namespace minions::formats {
namespace {

using Parts = std::vector<MailEntity>;

bool is_multipart(const MailEntity& entity) { return entity.type().starts_with("multipart/"); }
bool is_message(const MailEntity& entity) {
  if (entity.is("message/rfc822") || entity.is("message/global")) return true;
  const std::string name = lower_case(entity.file_name());
  return entity.is("application/octet-stream") && name.ends_with(".eml");
}

// A page that a browser saved with what belongs to it.
bool is_saved_page(const MailEntity& mail) {
  if (!mail.is("multipart/related") && !mail.is("text/html")) return false;
  if (!mail.get("snapshot-content-location").empty()) return true;
  const std::string from = lower_case(decode_header(mail.get("from")));
  return from.find("saved by") != std::string::npos || (from.empty() && mail.get("to").empty());
}

class MailWriter {
 public:
  explicit MailWriter(PageWriter& writer) : writer_(writer) {}

  void whole(std::string_view text) {
    parts_ = 0;
    const MailEntity mail(text);
    if (is_saved_page(mail))
      saved_page(mail);
    else
      message(mail, 0);
  }

  void finish() {
    if (unread_ > 0) writer_.remark(Remark::kUnreadAttachments, unread_);
    if (faults_.replaced > 0) writer_.remark(Remark::kReplacedCharacters, faults_.replaced);
    if (faults_.unknown_charsets > 0) writer_.remark(Remark::kUnknownCharsets, faults_.unknown_charsets);
  }

 private:
  // What is still to be said of the forms of a message once one of them has been read: their files.
  enum class Wanted { kAll, kFiles };

  void message(const MailEntity& mail, int depth) {
    const std::string charset = parameter(mail.get("content-type"), "charset");
    constexpr std::pair<std::string_view, std::string_view> kShown[] = {
        {"From", "from"},        {"To", "to"}, {"Cc", "cc"}, {"Bcc", "bcc"}, {"Date", "date"}, {"Subject", "subject"},
        {"Reply-To", "reply-to"}};
    for (const auto& [shown, name] : kShown) {
      const std::string value = decode_header(mail.get(name), charset);
      if (!value.empty()) writer_.text(std::string(shown) + ": " + value + "\n");
    }
    writer_.end_paragraph();
    part(mail, depth);
  }

  void saved_page(const MailEntity& mail) {
    for (const auto& [shown, name] : {std::pair{"Subject", "subject"}, std::pair{"Date", "date"}}) {
      const std::string value = decode_header(mail.get(name));
      if (!value.empty()) writer_.text(std::string(shown) + ": " + value + "\n");
    }
    writer_.end_paragraph();
    if (!is_multipart(mail)) {
      part(mail, 0);
      return;
    }
    bool found = false;
    for (const MailEntity& inner : mail.parts()) {  // the page first, then its frames
      if (text_kind_of(inner) != TextKind::kHtml && (found || !is_multipart(inner))) continue;
      part(inner, 1);
      found = true;
    }
  }

  void part(const MailEntity& entity, int depth, Wanted wanted = Wanted::kAll) {
    if (!writer_.status()) return;
    if (++parts_ > kMaxMailParts || depth >= kMaxMailDepth) {
      unread(entity);
    } else if (entity.is("multipart/encrypted")) {
      unread(entity);
    } else if (is_multipart(entity)) {
      multipart(entity, depth, wanted);
    } else if (is_message(entity)) {
      writer_.end_paragraph();
      writer_.text("Forwarded message:\n");
      const std::string text = entity.bytes();
      message(MailEntity(text), depth + 1);
    } else if (text_kind_of(entity) == TextKind::kNone) {
      const bool drawn = entity.type().starts_with("image/") && !entity.is_attachment();
      if (wanted == Wanted::kAll || !drawn) unread(entity);
    } else if (wanted == Wanted::kAll || entity.is_attachment()) {
      text(entity, text_kind_of(entity));
    }
  }

  void multipart(const MailEntity& entity, int depth, Wanted wanted) {
    const Parts parts = entity.parts();
    if (entity.is("multipart/alternative") && wanted == Wanted::kAll && !parts.empty()) {
      alternative(parts, depth);
      return;
    }
    for (const MailEntity& inner : parts) part(inner, depth + 1, wanted);
  }

  // The same content in several forms, of which the plain one is closest to what is wanted if it says what the others
  // say. An invitation is no form of its covering letter.
  void alternative(const Parts& parts, int depth) {
    const MailEntity* plain = nullptr;
    const MailEntity* rich = nullptr;
    for (const MailEntity& form : parts) {
      if (form.is("text/plain") && plain == nullptr)
        plain = &form;
      else if (form.is("text/html") || is_multipart(form))
        rich = &form;
    }
    Form best = plain == nullptr ? Form::kRich : Form::kPlain;
    if (plain != nullptr && rich != nullptr)
      best = best_form(sample_of(*plain, TextKind::kPlain), rich_text(*rich, depth));
    if (plain != nullptr && best != Form::kRich) part(*plain, depth + 1);
    if (best == Form::kBoth) writer_.text("The same message in its other form:\n");
    if (rich != nullptr) part(*rich, depth + 1, best == Form::kPlain ? Wanted::kFiles : Wanted::kAll);
    if (plain == nullptr && rich == nullptr) part(parts.back(), depth + 1);
    for (const MailEntity& form : parts) {
      const bool is_left = plain != nullptr || rich != nullptr || &form != &parts.back();
      const bool is_form = form.type().starts_with("text/") && text_kind_of(form) != TextKind::kCalendar;
      if (&form != plain && &form != rich && is_left && !is_form && !is_multipart(form)) part(form, depth + 1);
    }
  }

  // What the texts of a rich form say.
  static std::string rich_text(const MailEntity& entity, int depth) {
    if (!is_multipart(entity)) {
      const TextKind kind = text_kind_of(entity);
      return kind == TextKind::kNone || entity.is_attachment() ? std::string() : sample_of(entity, kind);
    }
    std::string text;
    if (depth >= kMaxMailDepth) return text;
    for (const MailEntity& inner : entity.parts()) text += rich_text(inner, depth + 1) + "\n";
    return text;
  }

  void text(const MailEntity& entity, TextKind kind) {
    const std::string utf8 = utf8_of(entity, kind, faults_);
    const std::string name = entity.file_name();
    if (utf8.find('\0') != std::string::npos && !entity.type().starts_with("text/")) {
      unread(entity);
      return;
    }
    // Invitations come twice, for programs that know the one form or the other.
    if (kind == TextKind::kCalendar && calendar_ == utf8) {
      writer_.text("[" + description_of(entity) + ": the entry above]\n");
      return;
    }
    if (kind == TextKind::kCalendar) calendar_ = utf8;
    if (entity.is_attachment() || !entity.type().starts_with("text/")) {
      if (entity.is_attachment() || !name.empty())
        writer_.text("Attachment " + (name.empty() ? "without a name" : name) + ":\n");
    }
    write_text(entity, kind, utf8, writer_);
  }

  void unread(const MailEntity& entity) {
    ++unread_;
    writer_.text("[not read: " + description_of(entity) + "]\n");
  }

  PageWriter& writer_;
  std::size_t parts_ = 0;
  std::uint64_t unread_ = 0;
  TextFaults faults_;
  std::string calendar_;  // the last one that was read
};

}  // namespace

void write_mail(std::string_view bytes, PageWriter& writer) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  MailWriter mail(writer);
  const bool is_box = is_mailbox(bytes);
  const std::vector<std::string_view> messages = messages_of(bytes);
  const bool fits = messages.size() <= writer.limits().max_pages;
  bool first = true;
  for (const std::string_view message : messages) {
    if (!first && fits) writer.end_page();
    if (!first && !fits) writer.text("\n---\n");
    first = false;
    if (is_box)
      mail.whole(without_quoting(message));
    else
      mail.whole(message);
  }
  mail.finish();
}

}  // namespace minions::formats
