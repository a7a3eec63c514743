// XML as a stream of events, through expat: no tree in memory, no entities except the five of XML, no document types,
// nothing external. Names come without their namespace prefix.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "formats/extract_protocol.h"
#include "formats/xml_filter.h"

struct XML_ParserStruct;

namespace minions::formats {

class XmlAttributes {
 public:
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  // The first with that local name, whatever its namespace; empty if there is none.
  [[nodiscard]] std::string_view get(std::string_view local_name) const;
  // An attribute may be there and empty.
  [[nodiscard]] bool has(std::string_view local_name) const;
  // The one whose namespace ends like this: `id` is in `.../relationships` and in none.
  [[nodiscard]] std::string_view get(std::string_view namespace_end, std::string_view local_name) const;

 private:
  const char** pairs_;
};

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void end(std::string_view name) = 0;
  virtual void text(std::string_view text) = 0;
  // Called after each piece of the input; a reason ends the reading.
  [[nodiscard]] virtual Read<void> status() const { return {}; }
};

class XmlReader {
 public:
  explicit XmlReader(XmlHandler& handler);
  [[nodiscard]] Read<void> feed(ByteView bytes);
  [[nodiscard]] Read<void> finish();
  // How many became spaces.
  [[nodiscard]] std::uint64_t control_characters() const { return filter_.replaced(); }

 private:
  struct Free {
    void operator()(XML_ParserStruct* parser) const;
  };
  [[nodiscard]] Read<void> parse(ByteView bytes, bool last);

  struct Callbacks;
  XmlHandler& handler_;
  XmlFilter filter_;
  std::unique_ptr<XML_ParserStruct, Free> parser_;
  bool has_document_type_ = false;
};

}  // namespace minions::formats
