cmake_policy(VERSION 3.25)
# Run by each build: writes SOURCE with the commit that is built, if it has changed.
# cmake -DROOT=... -DSOURCE=... -DRELEASE=ON|OFF -P build_id.cmake
set(id unknown)
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --abbrev=12 --dirty --exclude=* WORKING_DIRECTORY ${ROOT}
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --show-toplevel WORKING_DIRECTORY ${ROOT}
    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(REAL_PATH ${ROOT} root)
  if(NOT failed AND top STREQUAL root)  # not that of a checkout around an unpacked archive
    set(id ${described})
  endif()
endif()
if(RELEASE AND NOT id MATCHES "^[0-9a-f]+$")
  message(FATAL_ERROR "a release is built from a commit without changes, and this is ${id}")
endif()
set(text "#include \"build_id.h\"\n\nnamespace minions {\nstd::string_view build_id() { return \"${id}\"; }\n}  // namespace minions\n")
set(before)
if(EXISTS ${SOURCE})
  file(READ ${SOURCE} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${SOURCE} "${text}")
endif()
