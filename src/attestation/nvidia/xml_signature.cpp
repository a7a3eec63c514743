#include "attestation/nvidia/xml_signature.h"

#include <fmt/format.h>
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <memory>

#include "attestation/core/result.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kSignatureNs = "http://www.w3.org/2000/09/xmldsig#";
constexpr int kMostDepth = 32;
constexpr int kMostElements = 2048;
constexpr int kMostAttributes = 128;  // of one element
// In the whole document, for its attributes: the parser takes quadratic time in an element's attributes.
constexpr int kMostEqualsSigns = 4096;
// Declared in the whole document: canonical XML takes quadratic time in them for each element.
constexpr int kMostNamespaces = 64;
constexpr std::size_t kMostCertificates = 10;

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Document = std::unique_ptr<xmlDoc, Free<xmlFreeDoc>>;
using Context = std::unique_ptr<xmlParserCtxt, Free<xmlFreeParserCtxt>>;
using Buffer = std::unique_ptr<xmlOutputBuffer, Free<xmlOutputBufferClose>>;

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("xml: {}", what));
}
tl::unexpected<Error> too_large(std::string_view what, int limit) {
  return fail(ErrorCode::kTooLarge, fmt::format("xml: over {} {}", limit, what));
}

std::string_view text_of(const xmlChar* text) {
  return text != nullptr ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

// The library writes its errors to stderr unless told otherwise; the setting is per thread.
class SilentErrors {
 public:
  SilentErrors() {
    xmlInitParser();
    xmlSetStructuredErrorFunc(nullptr, [](void*, auto*) {});
  }
  ~SilentErrors() { xmlSetStructuredErrorFunc(nullptr, nullptr); }
  SilentErrors(const SilentErrors&) = delete;
  SilentErrors& operator=(const SilentErrors&) = delete;
};

// The bytes that were searched for a DTD must be the text that is parsed: with < in front and no NUL, no other encoding
// is guessed, and a declared encoding must be this one.
bool declares_another_encoding(std::string_view text) {
  if (!text.starts_with("<?xml")) return false;
  std::string declaration(text.substr(0, text.find("?>")));
  std::transform(declaration.begin(), declaration.end(), declaration.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return declaration.find("encoding") != declaration.npos && declaration.find("utf-8") == declaration.npos;
}

Status check_text(ByteView document) {
  const std::string_view text = as_text(document);
  if (document.size() > kXmlLimitBytes) return too_large("bytes", kXmlLimitBytes);
  if (!is_utf8(text) || text.find('\0') != text.npos || declares_another_encoding(text)) return malformed("not UTF-8");
  if (!text.starts_with('<')) return malformed("does not begin with <");
  int equals_signs = 0;
  for (std::size_t at = text.find('='); at != text.npos; at = text.find('=', at + 1)) {
    if (++equals_signs > kMostEqualsSigns) return too_large("equals signs", kMostEqualsSigns);
  }
  if (text.find("<!DOCTYPE") != text.npos || text.find("<!ENTITY") != text.npos) return malformed("a DTD");
  return {};
}

struct TreeCount {
  int elements = 0;
  int namespaces = 0;
};

// Before anything walks the tree in more than linear time.
Status check_limits(const xmlNode* element, int depth, TreeCount& count) {
  if (depth > kMostDepth) return too_large("levels", kMostDepth);
  if (++count.elements > kMostElements) return too_large("elements", kMostElements);
  for (const xmlNs* ns = element->nsDef; ns != nullptr; ns = ns->next) {
    if (++count.namespaces > kMostNamespaces) return too_large("namespaces", kMostNamespaces);
  }
  int attributes = 0;
  for (const xmlAttr* attribute = element->properties; attribute != nullptr; attribute = attribute->next) {
    if (++attributes > kMostAttributes) return too_large("attributes", kMostAttributes);
  }
  for (const xmlNode* child = element->children; child != nullptr; child = child->next) {
    if (child->type == XML_ENTITY_REF_NODE) return malformed("an entity reference");
    if (child->type == XML_ELEMENT_NODE) MINIONS_TRY(check_limits(child, depth + 1, count));
  }
  return {};
}

Result<Document> parse_document(ByteView bytes) {
  MINIONS_TRY(check_text(bytes));
  const Context context(xmlNewParserCtxt());
  if (context == nullptr) return fail(ErrorCode::kInternal, "xml: no parser");
  Document document(xmlCtxtReadMemory(
      context.get(), reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr, nullptr,
      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC));
  // Namespace faults, including two names for one attribute, still leave a document.
  if (document == nullptr || context->wellFormed != 1 || context->nsWellFormed != 1) {
    const auto* error = xmlCtxtGetLastError(context.get());
    return malformed(fmt::format("not well-formed, line {}", error != nullptr ? error->line : 0));
  }
  if (document->intSubset != nullptr || document->extSubset != nullptr) return malformed("a DTD");
  const xmlNode* root = xmlDocGetRootElement(document.get());
  if (root == nullptr) return malformed("no element");
  TreeCount count;
  MINIONS_TRY(check_limits(root, 1, count));
  return document;
}

std::string value_of(const xmlAttr* attribute) {
  std::string value;
  for (const xmlNode* part = attribute->children; part != nullptr; part = part->next) value += text_of(part->content);
  return value;
}

XmlElement element_of(const xmlNode* node) {
  XmlElement element;
  element.name = text_of(node->name);
  if (node->ns != nullptr) element.ns = text_of(node->ns->href);
  std::size_t attributes = 0;
  for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) ++attributes;
  element.attributes.reserve(attributes);
  for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
    element.attributes.push_back({std::string(text_of(attribute->name)),
                                  std::string(attribute->ns != nullptr ? text_of(attribute->ns->href) : ""),
                                  value_of(attribute)});
  }
  for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) element.children.push_back(element_of(child));
    if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) element.text += text_of(child->content);
  }
  return element;
}

// The subtree's nodes with their attributes and the namespaces in scope: what C14N takes as a document subset.
int lies_within(void* subtree, xmlNode* node, xmlNode* parent) {
  const xmlNode* at = node;
  if (node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE) at = parent;
  while (at != nullptr && at != subtree) at = at->parent;
  return at != nullptr ? 1 : 0;
}

// C14N 1.1 without comments, of the subtree, or of the whole document if it is null.
Result<Bytes> canonical(xmlDoc* document, xmlNode* subtree) {
  Buffer buffer(xmlAllocOutputBuffer(nullptr));
  if (buffer == nullptr) return fail(ErrorCode::kInternal, "xml: no buffer");
  const int written = xmlC14NExecute(document, subtree != nullptr ? lies_within : nullptr, subtree, XML_C14N_1_1,
                                     nullptr, 0, buffer.get());
  if (written < 0) return malformed("no canonical form");
  const auto* begin = xmlOutputBufferGetContent(buffer.get());
  return Bytes(begin, begin + xmlOutputBufferGetSize(buffer.get()));
}

// An element of the signature with exactly these children and only the expected attribute, which may be empty.
struct Shape {
  std::string_view attribute;
  std::string_view value;
  std::vector<std::string_view> children = {};
};

Status check_shape(const XmlElement& element, const Shape& shape) {
  const auto is_named = [](const XmlElement& child, std::string_view name) { return child.is(name, kSignatureNs); };
  if (!std::equal(element.children.begin(), element.children.end(), shape.children.begin(), shape.children.end(),
                  is_named)) {
    return malformed(fmt::format("signature: {} has not exactly the children {}", shown(element.name),
                                 fmt::join(shape.children, ", ")));
  }
  const std::size_t attributes = shape.attribute.empty() ? 0 : 1;
  if (element.attributes.size() != attributes)
    return malformed(fmt::format("signature: {} attributes of {}", element.attributes.size(), shown(element.name)));
  if (!shape.children.empty() && element.text.find_first_not_of(" \t\r\n") != element.text.npos)
    return malformed(fmt::format("signature: text in {}", shown(element.name)));
  if (attributes == 0) return {};
  const std::string* found = element.attribute(shape.attribute);
  if (found != nullptr && *found == shape.value) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("xml signature: {} of {}: want {}, found {}", shape.attribute, shown(element.name),
                          shown(shape.value), found != nullptr ? shown(*found) : "none"));
}

// Base64 in lines.
Result<Bytes> from_wrapped_base64(std::string text) {
  text.erase(
      std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }),
      text.end());
  return from_base64(text);
}

// SignedInfo in its canonical form, so that no comment can hide in it; returns the digest of the document.
Result<ByteArray<48>> read_signed_info(ByteView canonical_bytes) {
  MINIONS_TRY_ASSIGN(const XmlElement info, parse_xml(canonical_bytes));
  MINIONS_TRY(check_shape(info, {"", "", {"CanonicalizationMethod", "SignatureMethod", "Reference"}}));
  MINIONS_TRY(check_shape(info.children[0], {"Algorithm", xml_algorithm::kC14n11}));
  MINIONS_TRY(check_shape(info.children[1], {"Algorithm", xml_algorithm::kEcdsaSha384}));
  const XmlElement& reference = info.children[2];
  MINIONS_TRY(check_shape(reference, {"URI", "", {"Transforms", "DigestMethod", "DigestValue"}}));
  const XmlElement& transforms = reference.children[0];
  MINIONS_TRY(check_shape(transforms, {"", "", {"Transform", "Transform"}}));
  MINIONS_TRY(check_shape(transforms.children[0], {"Algorithm", xml_algorithm::kEnveloped}));
  MINIONS_TRY(check_shape(transforms.children[1], {"Algorithm", xml_algorithm::kC14n11}));
  MINIONS_TRY(check_shape(reference.children[1], {"Algorithm", xml_algorithm::kSha384}));
  MINIONS_TRY(check_shape(reference.children[2], {}));
  auto digest = exactly<48>(from_wrapped_base64(reference.children[2].text));
  if (!digest) return fail(std::move(digest).error().in("xml signature: DigestValue"));
  return digest;
}

struct SignatureParts {
  Bytes value;
  std::vector<crypto::Certificate> certificates;
};

Result<SignatureParts> read_signature(const XmlElement& signature) {
  MINIONS_TRY(check_shape(signature, {"", "", {"SignedInfo", "SignatureValue", "KeyInfo"}}));
  MINIONS_TRY(check_shape(signature.children[1], {}));
  MINIONS_TRY(check_shape(signature.children[2], {"", "", {"X509Data"}}));
  SignatureParts parts;
  auto value = from_wrapped_base64(signature.children[1].text);
  if (!value) return fail(std::move(value).error().in("xml signature: SignatureValue"));
  parts.value = *std::move(value);
  const XmlElement& data = signature.children[2].children[0];
  if (data.children.empty() || data.children.size() > kMostCertificates)
    return malformed(fmt::format("signature: {} certificates, want 1 to {}", data.children.size(), kMostCertificates));
  const std::vector<std::string_view> names(data.children.size(), "X509Certificate");
  MINIONS_TRY(check_shape(data, {"", "", names}));
  for (const XmlElement& child : data.children) {
    MINIONS_TRY(check_shape(child, {}));
    MINIONS_TRY_ASSIGN(const Bytes der, from_wrapped_base64(child.text));
    MINIONS_TRY_ASSIGN(crypto::Certificate certificate, crypto::Certificate::from_der(der));
    parts.certificates.push_back(std::move(certificate));
  }
  return parts;
}

bool is_signature(const xmlNode* node) {
  return node->type == XML_ELEMENT_NODE && text_of(node->name) == "Signature" && node->ns != nullptr &&
         text_of(node->ns->href) == kSignatureNs;
}

int count_signatures(const xmlNode* element) {
  int count = is_signature(element) ? 1 : 0;
  for (const xmlNode* child = element->children; child != nullptr; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) count += count_signatures(child);
  }
  return count;
}

// The only signature, a child of the root.
Result<xmlNode*> find_signature(xmlDoc* document) {
  xmlNode* const root = xmlDocGetRootElement(document);
  const int count = count_signatures(root);
  if (count != 1) return malformed(fmt::format("{} signatures, want 1", count));
  for (xmlNode* child = root->children; child != nullptr; child = child->next) {
    if (is_signature(child)) return child;
  }
  return malformed("the signature is not a child of the root");
}

xmlNode* first_element(xmlNode* parent) {
  xmlNode* child = parent->children;
  while (child != nullptr && child->type != XML_ELEMENT_NODE) child = child->next;
  return child;
}

// SignedInfo of an unlinked signature, as if it were in its place: under a root that temporarily has the namespaces and
// attributes of the document's and no other child, since canonical XML of a subset asks of each node whether it belongs
// to it.
Result<Bytes> canonical_signed_info(xmlDoc* document, xmlNode* signature) {
  constexpr int kNamespacesAndAttributes = 2;
  using Node = std::unique_ptr<xmlNode, Free<xmlFreeNode>>;
  const Node bare_root(xmlDocCopyNode(xmlDocGetRootElement(document), document, kNamespacesAndAttributes));
  if (bare_root == nullptr) return fail(ErrorCode::kInternal, "xml: no element");
  xmlAddChild(bare_root.get(), signature);
  xmlNode* const root = xmlDocSetRootElement(document, bare_root.get());
  auto bytes = canonical(document, first_element(signature));
  xmlDocSetRootElement(document, root);
  xmlUnlinkNode(signature);
  return bytes;
}

}  // namespace

const std::string* XmlElement::attribute(std::string_view wanted_name, std::string_view wanted_ns) const {
  for (const Attribute& candidate : attributes) {
    if (candidate.name == wanted_name && candidate.ns == wanted_ns) return &candidate.value;
  }
  return nullptr;
}

Result<XmlElement> parse_xml(ByteView document) {
  const SilentErrors silent;
  MINIONS_TRY_ASSIGN(const Document parsed, parse_document(document));
  return element_of(xmlDocGetRootElement(parsed.get()));
}

Result<VerifiedXml> verify_enveloped_signature(ByteView document) {
  const SilentErrors silent;
  MINIONS_TRY_ASSIGN(const Document parsed, parse_document(document));
  MINIONS_TRY_ASSIGN(xmlNode* const signature, find_signature(parsed.get()));
  MINIONS_TRY_ASSIGN(SignatureParts parts, read_signature(element_of(signature)));
  xmlUnlinkNode(signature);
  const std::unique_ptr<xmlNode, Free<xmlFreeNode>> unlinked(signature);
  MINIONS_TRY_ASSIGN(const Bytes signed_info, canonical_signed_info(parsed.get(), signature));
  MINIONS_TRY_ASSIGN(const ByteArray<48> digest, read_signed_info(signed_info));
  MINIONS_TRY_ASSIGN(Bytes covered, canonical(parsed.get(), nullptr));
  if (!equal(crypto::sha384({covered}), digest))
    return fail(ErrorCode::kTampered, "xml signature: the document has not the digest that was signed");
  MINIONS_TRY_ASSIGN(const crypto::PublicKey key, parts.certificates.front().public_key());
  if (key.curve() != crypto::Curve::kP384 ||
      !key.verify_ecdsa(crypto::HashAlgorithm::kSha384, signed_info, parts.value)) {
    return fail(ErrorCode::kTampered,
                fmt::format("xml signature: {} has not signed it", shown(parts.certificates.front().subject_name())));
  }
  return VerifiedXml{std::move(covered), std::move(parts.certificates)};
}

}  // namespace minions::attestation
