// XML whose root holds an enveloped signature (XML-DSig 1.1), as used for reference values of GPUs: from bytes to the
// canonical bytes that the signature covers. Everything read from such a document is read from those bytes, parsed
// again, and so only from what the signer has seen. Supports only the algorithms below; no DTD, no entities except the
// five of XML, nothing fetched.
#pragma once

#include <optional>

#include "crypto/certificate.h"

namespace minions::attestation {

// The algorithms of CanonicalizationMethod and of the last Transform, SignatureMethod, DigestMethod and the first
// Transform.
namespace xml_algorithm {
inline constexpr std::string_view kC14n11 = "http://www.w3.org/2006/12/xml-c14n11";
inline constexpr std::string_view kEcdsaSha384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
inline constexpr std::string_view kSha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384";
inline constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
}  // namespace xml_algorithm

// A document's maximum; reference values are 21 KB with 90 elements, five deep.
inline constexpr std::size_t kXmlLimitBytes = std::size_t{128} * 1024;

// An element as in its document: comments and processing instructions left out, references resolved.
struct XmlElement {
  struct Attribute {
    std::string name;  // without prefix
    std::string ns;    // the URI; empty if it has no prefix
    std::string value;
  };
  std::string name;  // without prefix
  std::string ns;    // the URI
  std::vector<Attribute> attributes;
  std::string text;  // its own, not its children's
  std::vector<XmlElement> children;

  [[nodiscard]] bool is(std::string_view wanted_name, std::string_view wanted_ns) const {
    return name == wanted_name && ns == wanted_ns;
  }
  [[nodiscard]] const std::string* attribute(std::string_view wanted_name, std::string_view wanted_ns = "") const;
};

// Well-formed with namespaces, UTF-8, within the limits and without a DTD; kMalformed or kTooLarge otherwise.
[[nodiscard]] Result<XmlElement> parse_xml(ByteView document);

struct VerifiedXml {
  Bytes canonical;                                // without the signature; what it covers
  std::vector<crypto::Certificate> certificates;  // of its KeyInfo; the first one's key made it. Not trusted yet
};

// The root has exactly one Signature as a child, and the document no other; its only Reference is to the whole document
// without it. kTampered if digest or signature do not match; other codes for documents of another shape.
[[nodiscard]] Result<VerifiedXml> verify_enveloped_signature(ByteView document);

}  // namespace minions::attestation
