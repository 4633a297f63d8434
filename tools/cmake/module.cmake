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
if(MBOXFERRY_FUZZERS)
  # Without it the fuzzers do not see which paths their inputs take.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# mboxferry_module(NAME MODULES <own modules it may include> LIBRARIES <third party>)
function(mboxferry_module name)
  cmake_parse_arguments(ARG "" "" "MODULES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  list(TRANSFORM ARG_MODULES PREPEND mboxferry_)
  add_library(mboxferry_${name} STATIC ${sources})
  target_include_directories(mboxferry_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                               PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(mboxferry_${name} PRIVATE MBOXFERRY_VERSION="${PROJECT_VERSION}")
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
