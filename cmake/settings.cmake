# Compiler settings every target shares, and the function that declares a folder of src/ as one library.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)  # as libraries are, for one set of precompiled headers; linked with -pie still
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# The hot loops are OpenSSL's; at -O3 GCC 12 warns in its own library although nothing is wrong.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE)
  # Paths relative to the checkout, so that another clone or build folder finds what this one compiled. The sloppiness is
  # what ccache asks for with precompiled headers.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

add_library(minions_settings INTERFACE)
target_include_directories(minions_settings INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
target_compile_options(minions_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wno-missing-field-initializers -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside its own library and in coroutine frames, although nothing is wrong (GCC bugs 105329, 105562,
  # 105651, 109224).
  target_compile_options(minions_settings INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds
    -Wno-stringop-overflow -Wno-mismatched-new-delete)
endif()
if(MINIONS_WERROR)
  target_compile_options(minions_settings INTERFACE -Werror)
endif()
if(MINIONS_SANITIZE STREQUAL "address")
  target_compile_options(minions_settings INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(minions_settings INTERFACE -fsanitize=address,undefined)
elseif(MINIONS_SANITIZE STREQUAL "thread")
  target_compile_options(minions_settings INTERFACE -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)  # Asio's fences
  target_link_options(minions_settings INTERFACE -fsanitize=thread)
elseif(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo")
  target_compile_options(minions_settings INTERFACE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    target_compile_options(minions_settings INTERFACE -fcf-protection)
  endif()
endif()
target_link_options(minions_settings INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
# libcrypto is linked statically and stays private: libraries that load the system's own must not meet it. Not with clang's
# sanitizers: they come as archives, and hidden, their malloc would not be that of the shared libraries.
# libminions.so exports what cmake/minions.map lists.
if(NOT MINIONS_SANITIZE)
  target_link_options(minions_settings INTERFACE
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-Wl,--exclude-libs,ALL>)
endif()
if(MINIONS_FUZZ)
  target_compile_options(minions_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# minions_library(NAME SOURCES file... [USES folder...] [LIBRARIES target...] [PRIVATE_LIBRARIES target...])
# One folder of src/ as the target minions_NAME. tests/layers checks that its includes keep to src/layers.toml.
function(minions_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  add_library(minions_${name} STATIC ${ARG_SOURCES})
  list(TRANSFORM ARG_USES PREPEND minions_)
  target_link_libraries(minions_${name} PUBLIC minions_settings ${ARG_USES} ${ARG_LIBRARIES} PRIVATE ${ARG_PRIVATE_LIBRARIES})
  target_precompile_headers(minions_${name} REUSE_FROM minions_precompiled)
endfunction()
