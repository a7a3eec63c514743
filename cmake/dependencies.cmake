# Third-party libraries. docs/architecture.md explains why each is here and which folder may include it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# What scripts/setup built and fetched for this user.
if(DEFINED ENV{MINIONS_CACHE})
  set(MINIONS_CACHE_DIR $ENV{MINIONS_CACHE})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(MINIONS_CACHE_DIR $ENV{XDG_CACHE_HOME}/secure-minions)
else()
  set(MINIONS_CACHE_DIR $ENV{HOME}/.cache/secure-minions)
endif()

# OpenSSL 3.5: the system's if it is new enough, otherwise the one that scripts/setup built.
if(NOT OPENSSL_ROOT_DIR AND EXISTS ${MINIONS_CACHE_DIR}/openssl/.complete)
  set(OPENSSL_ROOT_DIR ${MINIONS_CACHE_DIR}/openssl)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
find_package(OpenSSL 3.5)
if(NOT OPENSSL_FOUND)
  message(FATAL_ERROR "OpenSSL 3.5 or later was not found: run scripts/setup, or pass -DOPENSSL_ROOT_DIR=DIR")
endif()

find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(LIBEDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(TSS2 REQUIRED IMPORTED_TARGET tss2-esys tss2-tctildr tss2-mu tss2-rc)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)

add_library(minions_asio INTERFACE)
target_link_libraries(minions_asio INTERFACE Boost::headers Threads::Threads)
# Applies to all targets, so that one set of precompiled headers fits all.
target_compile_definitions(minions_settings INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY
  BOOST_ASIO_DISABLE_BOOST_BIND BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8)
