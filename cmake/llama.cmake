# llama.cpp, for `minionsd --model FILE.gguf` and `minions run --worker llama:FILE.gguf`: what scripts/llama put into the
# user's cache, or another install with the
# same layout. A distribution's libllama does not do: the engine uses libllama-common (chat templates, JSON schemas,
# samplers), whose headers none of them installs.
set(MINIONS_LLAMA auto CACHE STRING "llama.cpp: prebuilt or source (as scripts/llama got it), auto (what is there), off")
set_property(CACHE MINIONS_LLAMA PROPERTY STRINGS auto prebuilt source off)
set(MINIONS_LLAMA_VERSION 3.22.1)  # of node-llama-cpp; as in scripts/llama
set(MINIONS_LLAMA_LIBRARIES "" CACHE PATH "Folder of libllama and its kin, in place of the cache's")
set(MINIONS_LLAMA_TREE "" CACHE PATH "Source tree of llama.cpp of the same release, for its headers")

set(llama_cache ${MINIONS_CACHE_DIR}/llama-${MINIONS_LLAMA_VERSION})
set(llama_tree ${MINIONS_LLAMA_TREE})
if(NOT llama_tree AND EXISTS ${llama_cache}/tree/.complete)
  set(llama_tree ${llama_cache}/tree)
endif()
set(llama_libraries ${MINIONS_LLAMA_LIBRARIES})
if(NOT llama_libraries)
  set(kinds ${MINIONS_LLAMA})
  if(MINIONS_LLAMA STREQUAL "auto")
    set(kinds source prebuilt)  # whoever built it here wants it
  endif()
  foreach(kind ${kinds})
    if(NOT llama_libraries AND EXISTS ${llama_cache}/${kind}/.complete)
      set(llama_libraries ${llama_cache}/${kind}/lib)
    endif()
  endforeach()
endif()

set(MINIONS_HAVE_LLAMA OFF)
if(NOT MINIONS_LLAMA STREQUAL "off" AND llama_tree AND llama_libraries)
  add_library(minions_llama_library INTERFACE)
  target_include_directories(minions_llama_library SYSTEM INTERFACE ${llama_tree}/include ${llama_tree}/ggml/include
    ${llama_tree}/common)
  target_compile_definitions(minions_llama_library INTERFACE LLAMA_SHARED GGML_SHARED GGML_BACKEND_SHARED)
  foreach(library llama-common llama ggml ggml-base)
    file(GLOB found ${llama_libraries}/lib${library}.so ${llama_libraries}/lib${library}.v*.so)
    if(NOT found)
      message(FATAL_ERROR "lib${library} was not found in ${llama_libraries}")
    endif()
    list(GET found 0 found)
    target_link_libraries(minions_llama_library INTERFACE ${found})
  endforeach()
  set(MINIONS_HAVE_LLAMA ON)
  set(MINIONS_LLAMA_VOCABULARY ${llama_tree}/models/ggml-vocab-qwen2.gguf)
elseif(MINIONS_LLAMA MATCHES "^(prebuilt|source)$")
  message(FATAL_ERROR "llama.cpp was not found in ${llama_cache}: run scripts/llama ${MINIONS_LLAMA}")
endif()
if(MINIONS_HAVE_LLAMA)
  message(STATUS "llama.cpp: ${llama_libraries}")
else()
  message(STATUS "llama.cpp: none, minionsd --model and minions run --worker llama: will not work (scripts/llama gets it)")
endif()

# For tests and benchmarks.
set(MINIONS_LLAMA_SERVER "" CACHE FILEPATH "A real llama-server, in place of the one that scripts/llama built")
set(llama_server ${MINIONS_LLAMA_SERVER})
if(NOT llama_server AND EXISTS ${llama_cache}/server/.complete)
  set(llama_server ${llama_cache}/server/llama-server)
endif()
