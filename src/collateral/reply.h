// A service's answer, reduced to what is used: the body as received, and the chain that some of Intel's answers carry
// in a header. Reads bytes and judges their form; verifies nothing.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace minions::collateral {

inline constexpr std::size_t kMostReplyBytes = 4 * 1024 * 1024;

struct Reply {
  Bytes body;
  Bytes issuer_chain;  // PEM; empty if the service sends none
};

// A URL-encoded header of Intel's service. kMalformed: a broken escape, or no certificate in it.
[[nodiscard]] Result<Bytes> decode_issuer_chain(std::string_view header);
// {"id", "rim": base64 of the SWID tag, "sha256": hex}: the tag, if it has that digest.
[[nodiscard]] Result<Bytes> decode_rim(std::string_view json);

// Until when an answer need not be fetched again, as it states itself: nextUpdate of Intel's JSON, of a revocation
// list. An answer that states none, or cannot be read, is not fresh at all.
[[nodiscard]] UnixSeconds json_next_update(std::string_view json);
[[nodiscard]] UnixSeconds list_next_update(ByteView list);  // PEM or DER

}  // namespace minions::collateral
