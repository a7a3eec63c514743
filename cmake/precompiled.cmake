# The most expensive headers, compiled once for all targets. A source still includes what it uses: the dev and
# fuzz presets build without.
set(precompiled_headers <algorithm> <array> <chrono> <cstring> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h> <nlohmann/json.hpp> <tl/expected.hpp>
  <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/basic_socket_acceptor.hpp>
  <boost/asio/basic_stream_socket.hpp> <boost/asio/basic_waitable_timer.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/detached.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
  <boost/asio/use_awaitable.hpp>)

file(WRITE ${CMAKE_BINARY_DIR}/generated/precompiled.cpp "")
# minions_precompile(NAME LIBRARIES target... [HEADERS header...]): an object library for REUSE_FROM.
function(minions_precompile name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;HEADERS" ${ARGN})
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/generated/precompiled.cpp)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} minions_asio fmt::fmt nlohmann_json::nlohmann_json)
  target_precompile_headers(${name} PRIVATE ${precompiled_headers} ${ARG_HEADERS})
endfunction()
minions_precompile(minions_precompiled LIBRARIES minions_settings)
