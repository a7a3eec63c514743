// Only for the sources of this folder: owning pointers to OpenSSL's objects, and the handling of failures in calls that
// cannot fail on any input.
#pragma once

#include <openssl/err.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace minions::crypto {

template <auto free_function>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
template <class T, auto free_function>
using OpensslPtr = std::unique_ptr<T, OpensslFree<free_function>>;

// Out of memory, or a library built without the algorithm: continuing would mean continuing without protection.
[[noreturn]] inline void openssl_failed() {
  char text[256] = "unknown";
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  std::fprintf(stderr, "fatal: crypto library: %s\n", text);
  std::abort();
}
template <class T>
T* must(T* object) {
  if (object == nullptr) openssl_failed();
  return object;
}
inline void must(int ok) {
  if (ok != 1) openssl_failed();
}

// The reason of the last failure; empties the queue for the next.
inline std::string last_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason != nullptr ? reason : "unknown reason";
  ERR_clear_error();
  return text;
}

}  // namespace minions::crypto
