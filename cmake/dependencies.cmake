# Third-party libraries. docs/architecture.md says why each is here and which folder may include it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# OpenSSL 3.5: the system's where it is new enough, else the one that scripts/setup built into the user's cache.
if(NOT OPENSSL_ROOT_DIR)
  if(DEFINED ENV{MINIONS_CACHE})
    set(cache $ENV{MINIONS_CACHE})
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cache $ENV{XDG_CACHE_HOME}/secure-minions)
  else()
    set(cache $ENV{HOME}/.cache/secure-minions)
  endif()
  if(EXISTS ${cache}/openssl/.complete)
    set(OPENSSL_ROOT_DIR ${cache}/openssl)
    set(OPENSSL_USE_STATIC_LIBS ON)
  endif()
endif()
find_package(OpenSSL 3.5)
if(NOT OPENSSL_FOUND)
  message(FATAL_ERROR "OpenSSL 3.5 or later was not found: run scripts/setup, or pass -DOPENSSL_ROOT_DIR=DIR")
endif()

find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(LIBEDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)

add_library(minions_asio INTERFACE)
target_link_libraries(minions_asio INTERFACE Boost::headers Threads::Threads)
# For all, so that one set of precompiled headers fits all.
target_compile_definitions(minions_settings INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY
  BOOST_ASIO_DISABLE_BOOST_BIND BOOST_ASIO_DISABLE_BOOST_REGEX)
