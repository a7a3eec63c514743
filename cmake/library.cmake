# libminions.so, the public C++ interface (include/minions), and what `cmake --install` puts where: programs, library,
# headers, CMake package and pkg-config file.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(MINIONS_SOVERSION 0)  # of the ABI: goes up with the inline namespace of include/minions
add_library(minions_shared SHARED ${CMAKE_BINARY_DIR}/generated/precompiled.cpp)
add_library(minions::minions ALIAS minions_shared)
set_target_properties(minions_shared PROPERTIES OUTPUT_NAME minions EXPORT_NAME minions
  VERSION ${PROJECT_VERSION} SOVERSION ${MINIONS_SOVERSION} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
  INSTALL_RPATH "$ORIGIN/minions" LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/minions.map)
target_link_libraries(minions_shared PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,minions_api>")
target_link_options(minions_shared PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/minions.map
  -Wl,-Bsymbolic -Wl,-z,defs)
target_include_directories(minions_shared INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(minions_shared INTERFACE tl::expected)
target_compile_features(minions_shared INTERFACE cxx_std_20)
add_dependencies(minions_shared minions-extract)  # documents are read with it

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/minions)
install(TARGETS minions minionsd minions-extract RUNTIME)
install(TARGETS minions_shared EXPORT minions-targets LIBRARY)
install(DIRECTORY include/minions TYPE INCLUDE FILES_MATCHING PATTERN *.hpp)
install(EXPORT minions-targets NAMESPACE minions:: DESTINATION ${package_folder})
configure_package_config_file(cmake/minions-config.cmake.in generated/minions-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(generated/minions-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/minions-config.cmake ${CMAKE_BINARY_DIR}/generated/minions-config-version.cmake
  DESTINATION ${package_folder})
file(RELATIVE_PATH PREFIX_FROM_PKGCONFIG ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/minions.pc.in generated/minions.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/minions.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Installs llama.cpp's libraries with what was linked to them, in a folder that no other program searches.
if(MINIONS_HAVE_LLAMA)
  foreach(folder ${MINIONS_LLAMA_FOLDERS})
    install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_LIBDIR}/minions FILES_MATCHING PATTERN *.so* PATTERN LICENSE)
  endforeach()
endif()
set_target_properties(minions minionsd PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/minions")
