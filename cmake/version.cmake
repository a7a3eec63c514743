# The version that programs and statements name, and the commit, which each build looks up.
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.h.in ${CMAKE_BINARY_DIR}/generated/version.h @ONLY)
add_library(minions_version INTERFACE)
target_include_directories(minions_version INTERFACE ${CMAKE_BINARY_DIR}/generated)

set(build_id_source ${CMAKE_BINARY_DIR}/generated/build_id.cpp)
add_custom_target(minions_look_up_build_id
  COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DSOURCE=${build_id_source} -DRELEASE=${MINIONS_RELEASE}
    -P ${CMAKE_SOURCE_DIR}/cmake/build_id.cmake
  BYPRODUCTS ${build_id_source} VERBATIM)
add_library(minions_build_id STATIC ${build_id_source})
add_dependencies(minions_build_id minions_look_up_build_id)
target_include_directories(minions_build_id PUBLIC ${CMAKE_SOURCE_DIR}/cmake)
target_link_libraries(minions_build_id PRIVATE minions_settings)
