#include "formats/xml.h"

#include <expat.h>

namespace minions::formats {
namespace {

constexpr char kSeparator = '|';  // between namespace and local name

std::string_view local(std::string_view name) {
  const std::size_t separator = name.rfind(kSeparator);
  return separator == std::string_view::npos ? name : name.substr(separator + 1);
}

}  // namespace

std::string_view XmlAttributes::get(std::string_view local_name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (local(pair[0]) == local_name) return pair[1];
  }
  return {};
}

bool XmlAttributes::has(std::string_view local_name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (local(pair[0]) == local_name) return true;
  }
  return false;
}

std::string_view XmlAttributes::get(std::string_view namespace_end, std::string_view local_name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    const std::string_view name = pair[0];
    if (local(name) != local_name || name.size() == local_name.size()) continue;
    if (name.substr(0, name.size() - local_name.size() - 1).ends_with(namespace_end)) return pair[1];
  }
  return {};
}

struct XmlReader::Callbacks {
  static XmlHandler& handler(void* reader) { return static_cast<XmlReader*>(reader)->handler_; }
  static void start(void* reader, const XML_Char* name, const XML_Char** attributes) {
    handler(reader).start(local(name), XmlAttributes(attributes));
  }
  static void end(void* reader, const XML_Char* name) { handler(reader).end(local(name)); }
  static void text(void* reader, const XML_Char* text, int size) {
    handler(reader).text({text, static_cast<std::size_t>(size)});
  }
  static void document_type(void* reader, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    auto* self = static_cast<XmlReader*>(reader);
    self->has_document_type_ = true;
    XML_StopParser(self->parser_.get(), XML_FALSE);
  }
};

void XmlReader::Free::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

XmlReader::XmlReader(XmlHandler& handler) : handler_(handler), parser_(XML_ParserCreateNS(nullptr, kSeparator)) {
  XML_SetUserData(parser_.get(), this);
  XML_SetElementHandler(parser_.get(), Callbacks::start, Callbacks::end);
  XML_SetCharacterDataHandler(parser_.get(), Callbacks::text);
  XML_SetStartDoctypeDeclHandler(parser_.get(), Callbacks::document_type);
}

Read<void> XmlReader::parse(ByteView bytes, bool last) {
  const auto parsed = XML_Parse(parser_.get(), as_text(bytes).data(), static_cast<int>(bytes.size()), last ? 1 : 0);
  if (has_document_type_) return stop(ExtractExit::kDocumentType);
  if (parsed != XML_STATUS_OK) {
    const bool memory = XML_GetErrorCode(parser_.get()) == XML_ERROR_NO_MEMORY;
    return stop(memory ? ExtractExit::kOutOfMemory : ExtractExit::kDamaged);
  }
  return handler_.status();
}

Read<void> XmlReader::feed(ByteView bytes) {
  constexpr std::size_t kPieceBytes = 64 * 1024;  // so that limits are checked often
  while (!bytes.empty()) {
    const ByteView piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    if (auto parsed = parse(filter_.feed(piece), false); !parsed) return parsed;
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

Read<void> XmlReader::finish() { return parse(filter_.finish(), true); }

}  // namespace minions::formats
