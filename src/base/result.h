// Result and Error (include/minions/result.hpp), and how functions here return them.
// An Error's detail is for the user of this machine. It never crosses the wire and never holds content or keys.
#pragma once

#include <utility>

#include "minions/result.hpp"

namespace minions {

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace minions

// Returns the error of a Result from the enclosing function, or continues. For plain functions and for coroutines.
#define MINIONS_TRY(expression)                                  \
  do {                                                           \
    if (auto minions_status = (expression); !minions_status)     \
      return ::minions::fail(std::move(minions_status).error()); \
  } while (false)
#define MINIONS_TRY_ASSIGN_(temporary, declaration, expression)         \
  auto temporary = (expression);                                        \
  if (!temporary) return ::minions::fail(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define MINIONS_CONCAT_(a, b) a##b
#define MINIONS_CONCAT(a, b) MINIONS_CONCAT_(a, b)
#define MINIONS_TRY_ASSIGN(declaration, expression) \
  MINIONS_TRY_ASSIGN_(MINIONS_CONCAT(minions_result_, __LINE__), declaration, expression)
#define MINIONS_CO_TRY(expression)                                  \
  do {                                                              \
    if (auto minions_status = (expression); !minions_status)        \
      co_return ::minions::fail(std::move(minions_status).error()); \
  } while (false)
#define MINIONS_CO_TRY_ASSIGN_(temporary, declaration, expression)         \
  auto temporary = (expression);                                           \
  if (!temporary) co_return ::minions::fail(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define MINIONS_CO_TRY_ASSIGN(declaration, expression) \
  MINIONS_CO_TRY_ASSIGN_(MINIONS_CONCAT(minions_result_, __LINE__), declaration, expression)
