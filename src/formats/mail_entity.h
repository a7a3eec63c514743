// One entity of MIME: its header fields, its body, and the parts in it (RFC 5322, RFC 2045, RFC 2046). The text that it
// was made of must outlive it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minions::formats {

inline constexpr int kMaxMailDepth = 16;
inline constexpr std::size_t kMaxMailParts = 1000;

class MailEntity {
 public:
  explicit MailEntity(std::string_view text, std::string_view default_type = "text/plain");

  [[nodiscard]] std::string_view body() const { return body_; }
  // The first field of that lower-case name, unfolded and still encoded.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  // Lower case; the default where nothing is stated (RFC 2045 section 5.2).
  [[nodiscard]] const std::string& type() const { return type_; }
  [[nodiscard]] bool is(std::string_view type) const { return type_ == type; }
  [[nodiscard]] bool is_attachment() const;
  [[nodiscard]] std::string file_name() const;  // empty without one
  // The body without its transfer encoding, and as UTF-8.
  [[nodiscard]] std::string bytes() const;
  // Of a multipart; one of the whole body if it has no parts after all.
  [[nodiscard]] std::vector<MailEntity> parts() const;

 private:
  struct Header {
    std::string name;   // lower case
    std::string value;  // unfolded, still encoded
  };
  void add(std::string_view line);

  std::vector<Header> headers_;
  std::string_view body_;
  std::string type_;
};

}  // namespace minions::formats
