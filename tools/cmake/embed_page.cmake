# SPDX-License-Identifier: Apache-2.0
# cmake -DFOLDER=src/report/html -DOUTPUT=page.cc -P embed_page.cmake: puts page.html, page.css and
# the scripts together into C++ constants. The page allows exactly this style and this script, by their
# digests, so that nothing else in it can ever run.

# content_hash(<variable> <text>): `sha256-...` in Base64, as a Content-Security-Policy wants it.
function(content_hash variable text)
  string(SHA256 hex "${text}")
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(encoded "")
  # 32 bytes are ten groups of three, and two bytes more.
  foreach(group RANGE 0 10)
    math(EXPR start "${group} * 6")
    string(SUBSTRING "${hex}00" ${start} 6 digits)
    foreach(shift 18 12 6 0)
      math(EXPR index "(0x${digits} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 letter)
      string(APPEND encoded "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${encoded}" 0 43 encoded)
  set(${variable} "sha256-${encoded}=" PARENT_SCOPE)
endfunction()

file(READ ${FOLDER}/page.html page)
file(READ ${FOLDER}/page.css style)
set(script "'use strict';\n(() => {\n")
# The last one calls what the others define.
foreach(name data result table reasons account charts page)
  file(READ ${FOLDER}/${name}.js part)
  string(APPEND script "${part}\n")
endforeach()
string(APPEND script "})();\n")
content_hash(style_hash "${style}")
content_hash(script_hash "${script}")
string(REPLACE "@STYLE_HASH@" "${style_hash}" page "${page}")
string(REPLACE "@SCRIPT_HASH@" "${script_hash}" page "${page}")
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
string(FIND "${page}" "@DATA@" middle)
string(SUBSTRING "${page}" 0 ${middle} before)
math(EXPR rest "${middle} + 6")
string(SUBSTRING "${page}" ${rest} -1 after)
file(WRITE ${OUTPUT} "// SPDX-License-Identifier: Apache-2.0
// Made from src/report/html by tools/cmake/embed_page.cmake.
#include \"report/html_template.h\"

namespace mboxferry::report {

const std::string_view kPageBeforeData = R\"page(${before})page\";

const std::string_view kPageAfterData = R\"page(${after})page\";

}  // namespace mboxferry::report
")
