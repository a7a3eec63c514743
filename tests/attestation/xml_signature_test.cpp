#include "attestation/nvidia/xml_signature.h"

#include <gtest/gtest.h>

#include "attestation/synthetic_nvidia.h"

namespace minions::attestation::nvidia {
namespace {

// What the signer sees; the genuine files have the same shape.
const std::string kDocument = rim_of("550.1", {1}).document();

const RimSigner& signer() {
  static const RimSigner one;
  return one;
}

std::string verdict(std::string_view xml) {
  const auto verified = verify_enveloped_signature(as_bytes(xml));
  if (!verified) return std::string(name_of(verified.error().code)) + ": " + verified.error().detail;
  return as_text(verified->canonical) == kDocument ? "good" : "good, but of something else";
}
bool is_tampered(std::string_view xml) {
  const auto verified = verify_enveloped_signature(as_bytes(xml));
  return !verified && verified.error().code == ErrorCode::kTampered;
}
// For its form, before any signature was looked at.
bool is_refused(std::string_view xml) {
  const auto verified = verify_enveloped_signature(as_bytes(xml));
  return !verified && verified.error().code != ErrorCode::kTampered;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}
RimSigner::Edit replacing(std::string from, std::string to) {
  return [from, to](const std::string& info) { return replaced(info, from, to); };
}

TEST(XmlSignature, GivesWhatWasSignedAndBySomebodyWhom) {
  const auto verified = verify_enveloped_signature(as_bytes(signer().sign(kDocument)));
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(as_text(verified->canonical), kDocument);
  ASSERT_EQ(verified->certificates.size(), 3u);
  EXPECT_EQ(verified->certificates[0].subject_name(), "RIM signer");
  EXPECT_EQ(verified->certificates[2].sha256(), signer().roots()[0]);
}

// Canonical XML is one text for each way to write a document; none of these changes what is signed.
TEST(XmlSignature, GivesOneTextForEverySpelling) {
  const std::string file = signer().sign(kDocument);
  EXPECT_EQ(verdict("<?xml version=\"1.0\" encoding='UTF-8'?>\n" + file + "\n"), "good");
  EXPECT_EQ(verdict(replaced(file, "name=\"TEST\" tagId=\"tag\"", "tagId='tag'  name=\"T&#69;ST\"")), "good");
  EXPECT_EQ(verdict(replaced(file, "product=\"TEST\"></Meta>", "product=\"TEST\"/>")), "good");
  EXPECT_EQ(verdict(replaced(file, "<Payload>", "<Payload><!-- comment -->")), "good");
  EXPECT_EQ(verdict(replaced(file, "<Meta ", "<Meta xmlns=\"http://standards.iso.org/iso/19770/-2/2015/schema.xsd\" ")),
            "good");
  EXPECT_EQ(verdict(replaced(file, "<ds:DigestValue>", "<ds:DigestValue><!-- comment -->")), "good");
}

// In the certificates, which are not what this is about, one bit of each byte.
TEST(XmlSignature, RefusesEveryBitFlip) {
  std::string file = signer().sign(kDocument);
  ASSERT_EQ(verdict(file), "good");
  const std::size_t certificates = file.find("<ds:X509Data>") * 8;
  for (std::size_t bit = 0; bit < file.size() * 8; bit += bit < certificates ? 1 : 9) {
    const std::string good = file.substr(bit / 8, 1);
    file[bit / 8] = static_cast<char>(static_cast<unsigned char>(file[bit / 8]) ^ (1U << (bit % 8)));
    const auto verified = verify_enveloped_signature(as_bytes(file));
    if (verified) {
      // Only the certificates that did not make the signature are not covered by it; their chain is.
      EXPECT_EQ(as_text(verified->canonical), kDocument);
      EXPECT_FALSE(crypto::verify_path(verified->certificates.front(), std::span(verified->certificates).subspan(1),
                                       {.roots = signer().roots(), .now = 1'800'000'000}))
          << bit;
    }
    file[bit / 8] = good[0];
  }
}

TEST(XmlSignature, RefusesEveryTruncationAndWhatComesAfter) {
  const std::string file = signer().sign(kDocument);
  for (std::size_t length = 0; length < file.size(); ++length)
    ASSERT_TRUE(is_refused(file.substr(0, length))) << length;
  EXPECT_TRUE(is_refused(file + "x"));
  EXPECT_TRUE(is_refused(file + "<a/>"));
  EXPECT_TRUE(is_refused(file + file));
  EXPECT_TRUE(is_refused(file + std::string(1, '\0')));
  EXPECT_TRUE(is_refused(" " + file));
  EXPECT_TRUE(is_tampered(file + "<?instruction?>")) << "canonical XML has it";
}

TEST(XmlSignature, RefusesAnotherDocumentAndAnotherSigner) {
  const std::string file = signer().sign(kDocument);
  EXPECT_TRUE(is_tampered(replaced(file, "550.1", "550.2")));
  EXPECT_TRUE(is_tampered(replaced(file, "<Payload>", "<Payload> ")));
  EXPECT_TRUE(is_tampered(replaced(file, "</Payload>", "</Payload><Payload></Payload>")));
  const std::string other = RimSigner().sign(kDocument);
  const auto part = [](const std::string& text, std::string_view from, std::string_view to) {
    return text.substr(text.find(from), text.find(to) - text.find(from));
  };
  const std::string own_value = part(file, "<ds:SignatureValue>", "<ds:KeyInfo>");
  const std::string other_value = part(other, "<ds:SignatureValue>", "<ds:KeyInfo>");
  EXPECT_TRUE(is_tampered(replaced(file, own_value, other_value)));
  const std::string own_keys = part(file, "<ds:KeyInfo>", "</ds:Signature>");
  const std::string other_keys = part(other, "<ds:KeyInfo>", "</ds:Signature>");
  EXPECT_TRUE(is_tampered(replaced(file, own_keys, other_keys)));
  EXPECT_TRUE(is_tampered(RimSigner({.curve = "P-256"}).sign(kDocument)));
}

// All of them signed by the right key: the algorithm alone is wrong.
TEST(XmlSignature, RefusesOtherAlgorithms) {
  const auto signed_with = [](const std::string& from, const std::string& to) {
    return signer().sign(kDocument, replacing(from, to));
  };
  const std::string c14n = "CanonicalizationMethod Algorithm=\"" + std::string(xml_algorithm::kC14n11);
  const std::string last = "Transform Algorithm=\"" + std::string(xml_algorithm::kC14n11);
  const std::string first = "Transform Algorithm=\"" + std::string(xml_algorithm::kEnveloped);
  ASSERT_EQ(verdict(signed_with("", "")), "good");
  EXPECT_TRUE(is_refused(signed_with(c14n, c14n + "#WithComments")));
  EXPECT_TRUE(
      is_refused(signed_with(c14n, "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#")));
  EXPECT_TRUE(is_refused(signed_with("ecdsa-sha384", "ecdsa-sha256")));
  EXPECT_TRUE(is_refused(signed_with("ecdsa-sha384", "hmac-sha384")));
  EXPECT_TRUE(is_refused(signed_with("xmldsig-more#sha384", "xmldsig-more#sha224")));
  EXPECT_TRUE(is_refused(signed_with(last, "Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#")));
  EXPECT_TRUE(is_refused(signed_with(first, "Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64")));
  EXPECT_TRUE(is_refused(signed_with(first, "Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116")));
  EXPECT_TRUE(is_refused(signed_with("URI=\"\"", "URI=\"#tag\"")));
  EXPECT_TRUE(is_refused(signed_with("URI=\"\"", "URI=\"http://127.0.0.1/\"")));
  EXPECT_TRUE(is_refused(signed_with(" URI=\"\"", "")));
}

TEST(XmlSignature, RefusesASignedInfoOfAnotherShape) {
  const auto signed_with = [](const std::string& from, const std::string& to) {
    return signer().sign(kDocument, replacing(from, to));
  };
  const std::string last = "<ds:Transform Algorithm=\"" + std::string(xml_algorithm::kC14n11) + "\"></ds:Transform>";
  const std::string first =
      "<ds:Transform Algorithm=\"" + std::string(xml_algorithm::kEnveloped) + "\"></ds:Transform>";
  EXPECT_TRUE(is_refused(signed_with(first, "")));
  EXPECT_TRUE(is_refused(signed_with(last, "")));
  EXPECT_TRUE(is_refused(signed_with(first, first + first)));
  EXPECT_TRUE(is_refused(signed_with(first + last, last + first)));
  EXPECT_TRUE(is_refused(signed_with("URI=\"\"", "Id=\"x\" URI=\"\"")));
  EXPECT_TRUE(is_refused(signed_with("</ds:Reference>", "</ds:Reference><ds:Reference URI=\"\"></ds:Reference>")));
  EXPECT_TRUE(is_refused(signed_with("</ds:Reference>", "</ds:Reference>text")));
  EXPECT_TRUE(is_refused(signed_with("<ds:DigestValue>", "<ds:DigestValue>!")));
  EXPECT_TRUE(is_refused(signed_with("<ds:DigestValue>", "<ds:DigestValue>AAAA")));
  EXPECT_TRUE(is_refused(signed_with("<ds:Transforms>", "<ds:Transforms xmlns:ds=\"urn:other\">")));
}

TEST(XmlSignature, RefusesASignatureOfAnotherShape) {
  const std::string file = signer().sign(kDocument);
  EXPECT_TRUE(is_refused(replaced(file, "</ds:KeyInfo>", "</ds:KeyInfo><ds:Object></ds:Object>")));
  EXPECT_TRUE(is_refused(replaced(file, "<ds:SignedInfo>", "<ds:SignedInfo Id=\"x\">")));
  EXPECT_TRUE(is_refused(replaced(file, "<ds:SignedInfo>", "<ds:SignedInfo></ds:SignedInfo><ds:SignedInfo>")));
  EXPECT_TRUE(is_refused(replaced(file, "<ds:X509Data>", "<ds:KeyName>x</ds:KeyName><ds:X509Data>")));
  EXPECT_TRUE(is_refused(replaced(file, "<ds:X509Data>", "<ds:X509Data></ds:X509Data><ds:X509Data>")));
  EXPECT_TRUE(is_refused(replaced(file, "<ds:X509Certificate>", "<ds:X509Certificate>AA==")));
  EXPECT_TRUE(is_refused(replaced(file, "<ds:SignatureValue>", "<ds:SignatureValue>=")));
  EXPECT_TRUE(is_tampered(replaced(file, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA")));
  const std::string certificate =
      "<ds:X509Certificate>" +
      file.substr(file.find("<ds:X509Certificate>") + 20,
                  file.find("</ds:X509Certificate>") - file.find("<ds:X509Certificate>") - 20) +
      "</ds:X509Certificate>";
  std::string many;
  for (int i = 0; i < 8; ++i) many += certificate;
  EXPECT_TRUE(is_refused(replaced(file, "<ds:X509Data>", "<ds:X509Data>" + many)));
  const std::size_t data = file.find("<ds:X509Data>") + 13;
  std::string none = file;
  none.erase(data, file.find("</ds:X509Data>") - data);
  EXPECT_TRUE(is_refused(none));
}

// The signed document moved aside, and another put where it is read from.
TEST(XmlSignature, RefusesWrappedDocuments) {
  const std::string file = signer().sign(kDocument);
  const std::string signature = signer().signature(kDocument);
  const std::string evil = rim_of("666.6", {1}).document();
  const std::string close = "</SoftwareIdentity>";
  const auto with = [&](std::string document, const std::string& more) {
    return document.insert(document.rfind(close), more);
  };
  EXPECT_TRUE(is_tampered(with(evil, signature))) << "the signature alone";
  EXPECT_TRUE(is_refused(with(evil, file))) << "the whole document inside another";
  EXPECT_TRUE(is_tampered(with(evil, kDocument + signature)));
  EXPECT_TRUE(is_refused(
      with(evil, replaced(signature, "</ds:Signature>", "<ds:Object>" + kDocument + "</ds:Object></ds:Signature>"))));
  EXPECT_TRUE(is_refused("<wrap>" + file + "</wrap>"));
  EXPECT_TRUE(is_refused(with(file, signature))) << "two of them";
  EXPECT_TRUE(is_refused(with(kDocument, "<x>" + signature + "</x>"))) << "not a child of the root";
  EXPECT_TRUE(is_refused(with(file, "<x>" + signature + "</x>")));
  EXPECT_TRUE(is_refused(signature));
  EXPECT_TRUE(is_refused(kDocument));
  EXPECT_TRUE(is_refused(replaced(file, "xmldsig#\"", "xmldsig\""))) << "a Signature of another namespace";
}

TEST(XmlSignature, RefusesDtdsAndEntities) {
  const std::string file = signer().sign(kDocument);
  const std::string bomb =
      "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
      "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>";
  EXPECT_TRUE(is_refused(bomb + replaced(file, "name=\"TEST\"", "name=\"&d;\"")));
  EXPECT_TRUE(is_refused("<!DOCTYPE SoftwareIdentity>" + file));
  EXPECT_TRUE(is_refused("<?xml version=\"1.0\"?>\n<!DOCTYPE SoftwareIdentity SYSTEM \"file:///etc/passwd\">" + file));
  EXPECT_TRUE(is_refused("<!DOCTYPE a [<!ATTLIST Resource active CDATA \"False\">]>" + file));
  EXPECT_TRUE(is_refused(replaced(file, "<Payload>", "<Payload>&undeclared;")));
  EXPECT_TRUE(is_refused(replaced(file, "name=\"TEST\"", "name=\"&undeclared;\"")));
  EXPECT_FALSE(parse_xml(as_bytes("<a>&b;</a>")));
}

TEST(XmlSignature, RefusesOtherEncodings) {
  const std::string file = signer().sign(kDocument);
  std::string utf16 = "\xff\xfe";
  for (const char c : file) utf16 += {c, '\0'};
  EXPECT_TRUE(is_refused(utf16));
  EXPECT_TRUE(is_refused("\xef\xbb\xbf" + file));
  for (const char* encoding : {"UTF-16", "UTF-7", "EBCDIC-US", "ISO-8859-1"}) {
    EXPECT_TRUE(is_refused(fmt::format("<?xml version=\"1.0\" encoding=\"{}\"?>", encoding) + file)) << encoding;
  }
  EXPECT_TRUE(is_refused(replaced(file, "name=\"TEST\"", "name=\"\xff\"")));
}

TEST(XmlSignature, RefusesTwoValuesOfOneAttribute) {
  EXPECT_TRUE(parse_xml(as_bytes("<a xmlns:p='urn:p' b='1' p:b='2'/>")));
  EXPECT_FALSE(parse_xml(as_bytes("<a b='1' b='2'/>")));
  EXPECT_FALSE(parse_xml(as_bytes("<a xmlns:p='urn:p' xmlns:q='urn:p' p:b='1' q:b='2'/>"))) << "one name, two prefixes";
  EXPECT_FALSE(parse_xml(as_bytes("<a p:b='1'/>"))) << "a prefix that nobody declared";
  EXPECT_FALSE(parse_xml(as_bytes("<p:a/>")));
  EXPECT_FALSE(parse_xml(as_bytes("<a xmlns:p=''/>")));
}

TEST(XmlSignature, ReadsElementsAsTheirDocumentSaysThem) {
  const auto root = parse_xml(as_bytes(
      "<a xmlns='urn:a' xmlns:p='urn:p' x='1 &lt;&#x41;&amp;' p:x='2'>t<!-- c -->ext<![CDATA[<&]]><p:b/><?i?></a>"));
  ASSERT_TRUE(root) << root.error().detail;
  EXPECT_TRUE(root->is("a", "urn:a"));
  EXPECT_EQ(*root->attribute("x"), "1 <A&");
  EXPECT_EQ(*root->attribute("x", "urn:p"), "2");
  EXPECT_EQ(root->attribute("x", "urn:a"), nullptr) << "an attribute has no namespace of its element";
  EXPECT_EQ(root->attribute("y"), nullptr);
  EXPECT_EQ(root->attributes.size(), 2u);
  EXPECT_EQ(root->text, "text<&");
  ASSERT_EQ(root->children.size(), 1u);
  EXPECT_TRUE(root->children[0].is("b", "urn:p"));
}

// Each over one limit, and small enough for all the others.
TEST(XmlSignature, RefusesDocumentsOverItsLimits) {
  const auto code = [](const std::string& xml) {
    const auto parsed = parse_xml(as_bytes(xml));
    return parsed ? "good" : std::string(name_of(parsed.error().code)) + parsed.error().detail;
  };
  const auto repeated = [](int times, const std::function<std::string(int)>& text) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text(i);
    return out;
  };
  const auto nested = [&](int depth) {
    return repeated(depth, [](int) { return "<a>"; }) + repeated(depth, [](int) { return "</a>"; });
  };
  const auto elements = [&](int count) { return "<a>" + repeated(count - 1, [](int) { return "<a/>"; }) + "</a>"; };
  const auto attributes = [&](int count) {
    return "<a" + repeated(count, [](int i) { return fmt::format(" a{}=''", i); }) + "/>";
  };
  const auto namespaces = [&](int count) {
    return "<a>" + repeated(count, [](int i) { return fmt::format("<a xmlns:a{}='u:{}'/>", i, i); }) + "</a>";
  };
  EXPECT_EQ(code(nested(32)), "good");
  EXPECT_NE(code(nested(33)).find("levels"), std::string::npos);
  EXPECT_NE(code(nested(10'000)), "good");
  EXPECT_EQ(code(elements(2048)), "good");
  EXPECT_NE(code(elements(2049)).find("elements"), std::string::npos);
  EXPECT_EQ(code(attributes(128)), "good");
  EXPECT_NE(code(attributes(129)).find("attributes"), std::string::npos);
  EXPECT_EQ(code("<a>" + std::string(4096, '=') + "</a>"), "good");
  EXPECT_NE(code(attributes(4097)).find("equals"), std::string::npos) << "before the parser compares them";
  EXPECT_EQ(code(namespaces(64)), "good");
  EXPECT_NE(code(namespaces(65)).find("namespaces"), std::string::npos);
  const std::string empty = "<a></a>";
  EXPECT_EQ(code("<a>" + std::string(kXmlLimitBytes - empty.size(), 'x') + "</a>"), "good");
  EXPECT_NE(code("<a>" + std::string(kXmlLimitBytes - empty.size() + 1, 'x') + "</a>").find("bytes"),
            std::string::npos);
}

}  // namespace
}  // namespace minions::attestation::nvidia
