// The fixed list of what a sealed request may ask of the model. Method and path match byte for byte.
#pragma once

#include <array>
#include <string_view>

namespace minions::gateway {

struct Route {
  std::string_view method;
  std::string_view path;
};

inline constexpr std::array kRoutes = {Route{"POST", "/v1/chat/completions"}, Route{"GET", "/v1/models"},
                                       Route{"POST", "/v1/completions"}, Route{"POST", "/v1/embeddings"},
                                       Route{"POST", "/v1/responses"}};

[[nodiscard]] constexpr bool is_allowed(std::string_view method, std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.method == method && route.path == path) return true;
  }
  return false;
}

}  // namespace minions::gateway
