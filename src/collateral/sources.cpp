#include "collateral/sources.h"

#include <fmt/format.h>

#include "net/url.h"

namespace minions::collateral {

Status Sources::replace(std::string_view assignment) {
  struct Named {
    std::string_view name;
    std::string& address;
  };
  const Named all[] = {{"amd", amd},
                       {"intel", intel},
                       {"intel-root", intel_root},
                       {"nvidia-rim", nvidia_rim},
                       {"nvidia-ocsp", nvidia_ocsp},
                       {"nras", nras}};
  const std::size_t equals = assignment.find('=');
  const std::string_view name = assignment.substr(0, equals);
  for (const Named& each : all) {
    if (equals == std::string_view::npos || each.name != name) continue;
    std::string_view address = assignment.substr(equals + 1);
    while (address.ends_with('/')) address.remove_suffix(1);
    const auto url = net::Url::parse(address);
    if (!url) return fail(Error(url.error()).in(each.name));
    // Key sets have no signature of their own: only the connection vouches for them.
    if (url->scheme == net::Scheme::kHttp && !net::is_loopback_host(url->host))
      return fail(ErrorCode::kUsage, fmt::format("{}: http:// is for loopback only", each.name));
    each.address = address;
    return {};
  }
  return fail(ErrorCode::kUsage,
              "want NAME=URL with amd, intel, intel-root, nvidia-rim, nvidia-ocsp or nras as the name");
}

}  // namespace minions::collateral
