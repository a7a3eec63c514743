#include "crypto/certificate.h"

#include <gtest/gtest.h>

namespace minions::crypto {
namespace {

// What an empty part of a document is: a view without an address.
TEST(Certificate, RefusesNoBytesAtAll) {
  EXPECT_FALSE(Certificate::from_pem({}));
  EXPECT_FALSE(Certificate::from_pem(""));
  EXPECT_FALSE(Certificate::from_der({}));
  EXPECT_FALSE(Certificate::from_padded_der({}));
  EXPECT_FALSE(RevocationList::from_der({}));
}

}  // namespace
}  // namespace minions::crypto
