# A module is a folder, a target and a namespace of the same name.

add_library(mboxferry_warnings INTERFACE)
target_compile_options(mboxferry_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  $<$<BOOL:${MBOXFERRY_WERROR}>:-Werror>)
if(MBOXFERRY_SANITIZE)
  add_compile_options(-fsanitize=${MBOXFERRY_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${MBOXFERRY_SANITIZE})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(MBOXFERRY_TOGETHER)
  # It takes every .cc that a unity file includes for a header.
  target_compile_options(mboxferry_warnings INTERFACE -Wno-subobject-linkage)
endif()
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  # The tests link the same object files, and not each of them waits for optimisation at link time.
  add_compile_options(-ffat-lto-objects)
  # GCC 12 sees overflows in `"text" + string` that are none (its bug 105651).
  target_compile_options(mboxferry_warnings INTERFACE -Wno-array-bounds
                                                    -Wno-restrict -Wno-stringop-overflow)
endif()
if(MBOXFERRY_HARDEN)
  add_compile_options(-D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
                      -fcf-protection=full)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now)
endif()
if(MBOXFERRY_FUZZERS)
  # Without it the fuzzers do not see which paths their inputs take.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# mboxferry_precompile(TARGET <more headers>): a target that others reuse the headers of. Headers of
# libraries only: one of our own would compile everything again at each change.
function(mboxferry_precompile target)
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tools/cmake/precompiled.cc)
  target_link_libraries(${target} PRIVATE fmt::fmt)
  if(MBOXFERRY_TOGETHER)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <array> <charconv> <chrono> <cstdint> <filesystem> <functional> <map> <memory>
      <mutex> <optional> <span> <string> <string_view> <utility> <vector> <fmt/format.h>
      <tl/expected.hpp> ${ARGN})
    target_compile_options(${target} PRIVATE -fpch-preprocess)  # ccache asks for it
  endif()
endfunction()

function(mboxferry_reuse_precompiled target owner)
  if(MBOXFERRY_TOGETHER)
    target_precompile_headers(${target} REUSE_FROM ${owner})
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()

mboxferry_precompile(mboxferry_precompiled)
target_link_libraries(mboxferry_precompiled PRIVATE mboxferry_warnings)

# mboxferry_module(NAME MODULES <own modules it may include> LIBRARIES <third party>
#                  ALONE <files that cannot share a translation unit with others>)
function(mboxferry_module name)
  cmake_parse_arguments(ARG "" "" "MODULES;LIBRARIES;ALONE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  list(TRANSFORM ARG_MODULES PREPEND mboxferry_)
  add_library(mboxferry_${name} STATIC ${sources})
  set_target_properties(mboxferry_${name} PROPERTIES UNITY_BUILD ${MBOXFERRY_TOGETHER}
                                                     UNITY_BUILD_BATCH_SIZE 16)
  mboxferry_reuse_precompiled(mboxferry_${name} mboxferry_precompiled)
  if(ARG_ALONE)
    list(TRANSFORM ARG_ALONE PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
    set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  target_include_directories(mboxferry_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                               PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(mboxferry_${name} PRIVATE MBOXFERRY_VERSION="${PROJECT_VERSION}"
                             MBOXFERRY_DATE="${MBOXFERRY_DATE}")
  target_link_libraries(mboxferry_${name} PUBLIC ${ARG_MODULES}
                                          PRIVATE ${ARG_LIBRARIES} fmt::fmt mboxferry_warnings)
endfunction()

# mboxferry_embed_page(NAME FOLDER): the page, style and scripts of a module become part of it.
function(mboxferry_embed_page name folder)
  set(script ${PROJECT_SOURCE_DIR}/tools/cmake/embed_page.cmake)
  set(output ${PROJECT_BINARY_DIR}/${name}_page.cc)
  file(GLOB parts CONFIGURE_DEPENDS ${folder}/*)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DOUTPUT=${output} -P ${script}
    DEPENDS ${script} ${parts} VERBATIM)
  target_sources(mboxferry_${name} PRIVATE ${output})
endfunction()
